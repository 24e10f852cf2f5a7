// Asks a disk whether it takes writes, by a write. A disk that failed is made read-only by the system, and permissions change: a node that writes seldom would
// find out by the first write that is lost, and neither the system's word on permissions nor a statement about free room shows a file system that has given up.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The file that is written: of one byte, and always the same. */
const NAME = '.write-probe';
/** A folder that is gone is told by who looks for it, and a process without descriptors by its connections. */
const OTHER_CAUSES: readonly (string | undefined)[] = ['ENOENT', 'EMFILE', 'ENFILE'];

/** True when a file can be written in a folder now. Never throws. */
export async function mayWrite(dir: string): Promise<boolean> {
  return await writeFile(join(dir, NAME), '.', { mode: 0o600 }).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => OTHER_CAUSES.includes(code),
  );
}
