// Private keys on disk: owner-only files, written atomically, refused when others can read them.

import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { hideFromLogs } from '../logger/secrets.ts';

const OTHERS_MASK = 0o077;

/** Writes a file that only the owner can read: temp, fsync, rename, fsync of the folder. Throws STORAGE_FAILED. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  hideFromLogs(text);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeSecret(path, temporary, text);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new ZeroError('STORAGE_FAILED', `${path} could not be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function writeSecret(path: string, temporary: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  {
    await using file = await open(temporary, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  // Without this a crash of the machine may bring the old name back, or none: a key that signed would be gone.
  await syncFolder(dirname(path));
}

/** Brings the names in a folder to the disk, where that can be asked for. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** Reads a secret file, or undefined when there is none. Throws KEY_FILE_UNSAFE when group or others can read it. */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0) {
      throw new ZeroError(
        'KEY_FILE_UNSAFE',
        `${path} has mode ${(mode & 0o777).toString(8)}; it must be 600`,
      );
    }
    const text = await readFile(path, 'utf8');
    hideFromLogs(text);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
