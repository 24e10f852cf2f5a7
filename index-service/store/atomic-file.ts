// Replaces a file as a whole: after a crash there is the old content or the new, never a part.

import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';

/** Writes beside, flushes, renames, flushes the folder. */
export async function writeAtomically(
  path: string,
  write: (file: { write(bytes: Uint8Array): Promise<void> }) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w');
  try {
    await write({
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; )
          at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
      },
    });
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}
