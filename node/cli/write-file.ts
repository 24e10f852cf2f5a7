// Writes what a command brings into the file that a person named: whole or not at all, so that no torn file looks like a good one.

import { rename, rm, stat, writeFile } from 'node:fs/promises';

/** For its owner and readers; evidence and proofs are for everybody. */
const MODE = 0o644;
/** For its owner alone: what somebody's work was given is in it. */
export const OWN_FILE = 0o600;

/** Writes a file beside its place and names it when it is whole. Onto a pipe or a device it writes directly. Throws what the disk throws. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = MODE): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  // A folder is refused by the disk, in its own words.
  if (there !== undefined && !there.isFile()) return await writeFile(path, content);
  const beside = `${path}.${process.pid}.part`;
  try {
    await writeFile(beside, content, { mode });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
