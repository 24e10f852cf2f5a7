// One LevelDB per node; each service owns a sub-level. What must not be lost is written with sync: true.

import { mkdir } from 'node:fs/promises';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { GuardedLevel } from './guarded-level.ts';

/** Fsync before the write is acknowledged. */
export const DURABLE = { sync: true } as const;

/** The database of one node. */
export type Database = GuardedLevel;

/** Opens (or makes) the database. Throws DATA_LOCKED when another process has it, DATA_CORRUPT or STORAGE_FAILED otherwise. */
export async function openDatabase(dir: string): Promise<Database> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const db = new GuardedLevel(dir);
  try {
    await db.open();
  } catch (cause) {
    const { code, message } = ((cause as Error).cause ?? cause) as { code?: string; message: string };
    if (code === 'LEVEL_LOCKED')
      throw new ZeroError('DATA_LOCKED', `${dir} is in use by another process`, { cause });
    if (code === 'LEVEL_CORRUPTION') throw new ZeroError('DATA_CORRUPT', `${dir} is damaged`, { cause });
    throw new ZeroError('STORAGE_FAILED', `cannot open ${dir}: ${message}`, { cause });
  }
  // The first look remembers which folder it is.
  db.inPlace();
  return db;
}

/** A write that failed, in words; what the database itself says about its disk stays as it is, with its remedy. */
export function storageFailed(message: string, cause: unknown): ZeroError {
  if (isZeroError(cause) && cause.code === 'STORAGE_FAILED') return cause;
  return new ZeroError('STORAGE_FAILED', message, { cause });
}

/** A service's own part of the database, raw bytes as values. Whoever asks again is given the same: the database keeps each one it made. */
export function bytesLevel(db: Database, name: string) {
  return db.part(`bytes ${name}`, () =>
    db.sublevel<string, Uint8Array>(name, { keyEncoding: 'utf8', valueEncoding: 'view' }),
  );
}

/** A service's own part of the database, JSON values. Whoever asks again is given the same. */
export function jsonLevel<T>(db: Database, name: string) {
  return db.part(`json ${name}`, () =>
    db.sublevel<string, T>(name, { keyEncoding: 'utf8', valueEncoding: 'json' }),
  );
}

export type BytesLevel = ReturnType<typeof bytesLevel>;
export type JsonLevel<T> = ReturnType<typeof jsonLevel<T>>;

/** Key text of a number that sorts as numbers do (up to 2^53). */
export function orderedKey(value: number): string {
  return value.toString(16).padStart(14, '0');
}
