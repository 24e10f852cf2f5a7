// Makes a file's name durable: a new or renamed file survives a power cut only after its folder is flushed.

import { open } from 'node:fs/promises';

/** Flushes a folder's entries. Systems that cannot open a folder (Windows) flush names with the file. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
