// The append-only log of signed cards: the truth of an index folder. Opening it cuts an unfinished last write and sets
// damaged stretches aside in `quarantine/`; nothing that was acknowledged is dropped in silence.

import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ZeroError } from '../../protocol/errors/index.ts';
import { CommitQueue } from './commit-queue.ts';
import {
  decodeBody,
  encodeRecord,
  type LogRecord,
  type PutRecord,
  RECORD_HEADER_BYTES,
  readHeader,
} from './record.ts';
import { scanLog } from './scan-log.ts';
import { syncFolder } from './sync-folder.ts';

export interface LogRecovery {
  readonly records: number;
  /** Bytes of an unfinished last write, cut off. */
  readonly tornBytes: number;
  /** Damaged stretches, copied to the quarantine folder. */
  readonly quarantined: number;
}

export interface OpenLog {
  readonly log: CardLog;
  readonly recovery: LogRecovery;
}

/** Opens or creates a log; `onRecord` sees each sound record behind `from`, with its offset. */
export async function openCardLog(
  folder: string,
  name: string,
  from: number,
  onRecord: (record: LogRecord, offset: number) => void,
): Promise<OpenLog> {
  const path = join(folder, name);
  const file = await open(path, 'a+').then(async (handle) => {
    // Appending handles ignore write positions on some systems: reopen for positioned writes.
    await handle.close();
    return open(path, 'r+');
  });
  try {
    const unreadable: { offset: number; length: number }[] = [];
    const scan = await scanLog(file, from, (body, offset) => {
      try {
        onRecord(decodeBody(body), offset);
      } catch (error) {
        if (!(error instanceof ZeroError)) throw error;
        unreadable.push({ offset, length: RECORD_HEADER_BYTES + body.length });
      }
    });
    const damaged = [...scan.damaged, ...unreadable];
    for (const { offset, length } of damaged) await quarantine(folder, name, file, offset, length);
    if (scan.tail > 0) await cutTail(folder, name, file, scan.end, scan.tail);
    await syncFolder(folder);
    return {
      log: new CardLog(file, scan.end),
      recovery: { records: scan.records, tornBytes: scan.tail, quarantined: damaged.length },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function cutTail(
  folder: string,
  name: string,
  file: FileHandle,
  end: number,
  length: number,
): Promise<void> {
  // The tail is kept aside as well: damage at the very end looks like a torn write.
  await quarantine(folder, name, file, end, length);
  await file.truncate(end);
  await file.sync();
}

/** The first bytes of a damaged stretch suffice to study it. */
const QUARANTINE_BYTES_MAX = 1_048_576;

async function quarantine(
  folder: string,
  name: string,
  file: FileHandle,
  offset: number,
  length: number,
): Promise<void> {
  const aside = join(folder, 'quarantine');
  await mkdir(aside, { recursive: true });
  const bytes = new Uint8Array(Math.min(length, QUARANTINE_BYTES_MAX));
  const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
  await writeFile(join(aside, `${name}.${offset}.bin`), bytes.subarray(0, bytesRead));
}

/** Appends, and reads a stored card by its offset. */
export class CardLog {
  readonly #file: FileHandle;
  readonly #queue: CommitQueue;

  constructor(file: FileHandle, end: number) {
    this.#file = file;
    this.#queue = new CommitQueue(file, end);
  }

  get bytes(): number {
    return this.#queue.end;
  }

  /** Resolves after the flush; `onDurable` runs then, in log order. */
  append(record: LogRecord, onDurable: (offset: number) => void): Promise<void> {
    return this.#queue.append(encodeRecord(record), onDurable);
  }

  /** The card stored at an offset. Throws INDEX_CORRUPT when it is damaged. */
  async read(offset: number): Promise<PutRecord> {
    const header = readHeader(await this.#bytesAt(offset, RECORD_HEADER_BYTES), 0);
    if (header === null) throw new ZeroError('INDEX_CORRUPT', `no record at offset ${offset}`);
    const body = await this.#bytesAt(offset + RECORD_HEADER_BYTES, header.length);
    if (body.length !== header.length || crc32(body) !== header.crc) {
      throw new ZeroError('INDEX_CORRUPT', `record at offset ${offset} is damaged`);
    }
    const record = decodeBody(body);
    if (record.kind !== 'put') throw new ZeroError('INDEX_CORRUPT', `record at offset ${offset} is no card`);
    return record;
  }

  async #bytesAt(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.#file.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }

  async drain(): Promise<void> {
    await this.#queue.drain();
  }

  async close(): Promise<void> {
    await this.#queue.drain();
    await this.#file.close();
  }
}
