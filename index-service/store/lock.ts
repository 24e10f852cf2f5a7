// One process at a time may have an index folder open: two writers would interleave their records. The lock is a file with
// the owner's process id and start time; one left by a killed process is recognised and replaced.

import { readFileSync } from 'node:fs';
import { open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';

const LOCK_NAME = 'lock';

/** Folders that this process has open: its own process id says nothing about them. */
const held = new Set<string>();

/** Takes the lock; the returned function gives it back. Throws INDEX_LOCKED. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (held.has(folder)) throw new ZeroError('INDEX_LOCKED', `${folder} is already open in this process`);
  held.add(folder);
  const path = join(folder, LOCK_NAME);
  try {
    if (!(await create(path))) {
      await removeStale(path, folder);
      if (!(await create(path)))
        throw new ZeroError('INDEX_LOCKED', `${folder} was opened by another process just now`);
    }
  } catch (error) {
    held.delete(folder);
    throw error;
  }
  return async () => {
    await unlink(path).catch(() => {});
    held.delete(folder);
  };
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    try {
      await file.write(`${process.pid} ${startOf(process.pid)}\n`);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeStale(path: string, folder: string): Promise<void> {
  const [pid = '', start = ''] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
  if (isRunning(Number(pid), start)) {
    throw new ZeroError('INDEX_LOCKED', `process ${pid} has ${folder} open`, {
      details: { pid: Number(pid) },
    });
  }
  // Renaming first: of several that see the stale lock only one succeeds.
  const aside = `${path}.${process.pid}`;
  await rename(path, aside).catch(() => {});
  await unlink(aside).catch(() => {});
}

function isRunning(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return now === '' || start === '' || now === start;
}

/** When a process started, so that a reused process id is not mistaken for its owner. Empty where the system hides it. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; the start time is the 20th field behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
