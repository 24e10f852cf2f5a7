// Opens the database of a node and checks what it holds. One that cannot be read is set aside, never deleted, and a fresh one takes its
// place: all logs then come back from peers.

import { rename } from 'node:fs/promises';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, openDatabase } from '../storage/index.ts';
import { LogStore } from './log-store.ts';
import { scrubLogs } from './scrub.ts';

/** An open database whose logs are sound. */
export interface OpenStores {
  readonly db: Database;
  readonly store: LogStore;
  /** Logs that were damaged, or 1 for the whole database. */
  readonly damages: number;
}

/** Opens the database in `dir`. Throws DATA_LOCKED, STORAGE_FAILED or what `prepare` throws. */
export async function openStores(options: {
  dir: string;
  clock: Clock;
  log: Logger;
  /** Sees the database before anything in it is read. */
  prepare?: (db: Database) => Promise<void>;
}): Promise<OpenStores> {
  const { dir, clock, log, prepare } = options;
  try {
    return await openSound(dir, log, prepare);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    const aside = `${dir}.damaged-${clock.now()}`;
    log.error(
      { aside, err: error },
      'the database cannot be read: it is set aside and a fresh one is filled by peers',
    );
    await rename(dir, aside);
    return { ...(await openSound(dir, log, prepare)), damages: 1 };
  }
}

async function openSound(
  dir: string,
  log: Logger,
  prepare?: (db: Database) => Promise<void>,
): Promise<OpenStores> {
  const db = await openDatabase(dir);
  try {
    await prepare?.(db);
    const store = new LogStore(db);
    const headless = await store.load();
    const cut = await scrubLogs(store);
    for (const origin of headless) log.error({ origin }, 'the head of a log is damaged: it is fetched again');
    for (const damage of cut) log.error({ ...damage }, 'a log is damaged: it is fetched again from there');
    return { db, store, damages: headless.length + cut.length };
  } catch (error) {
    await db.close();
    throw error;
  }
}

// A flipped length or offset makes LevelDB read where nothing can be: the system calls that an invalid argument.
const UNREADABLE = /invalid argument|corrupt|truncated|bad (?:block|magic)|not an sstable/i;

function isCorruption(error: unknown): boolean {
  if (isZeroError(error)) return error.code === 'DATA_CORRUPT' || isCorruption(error.cause);
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (code === 'LEVEL_CORRUPTION' || code === 'LEVEL_DECODE_ERROR') return true;
  return (code === 'LEVEL_IO_ERROR' && UNREADABLE.test(error.message)) || isCorruption(error.cause);
}
