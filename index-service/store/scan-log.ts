// Reads a card log from an offset to its end and says what it found: sound records, damaged stretches, an unfinished
// last write. Reads only; cutting and setting aside is the opener's decision.

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { RECORD_BYTES_MAX } from '../limits.ts';
import { RECORD_HEADER_BYTES, RECORD_MAGIC, readHeader } from './record.ts';

/** Bytes read at once: large enough to stream at disk speed, small beside the process. */
const WINDOW_BYTES = 4 * 1_048_576;

export interface Damage {
  readonly offset: number;
  readonly length: number;
}

export interface LogScan {
  readonly records: number;
  /** Offset behind the last sound record: new records go here. */
  readonly end: number;
  /** Damaged stretches that sound records follow. */
  readonly damaged: readonly Damage[];
  /** Bytes behind `end`: a write that never finished, or damage at the very end. */
  readonly tail: number;
}

/** Calls `onRecord` with each sound body and the offset of its record. The body is a view that dies with the call. */
export async function scanLog(
  file: FileHandle,
  from: number,
  onRecord: (body: Uint8Array, offset: number) => void,
): Promise<LogScan> {
  const window = new LogWindow(file);
  const size = (await file.stat()).size;
  const damaged: Damage[] = [];
  let records = 0;
  let at = from;
  let end = from;
  while (at < size) {
    const bytes = await window.at(at, Math.min(RECORD_HEADER_BYTES + RECORD_BYTES_MAX, size - at));
    const body = soundBody(bytes);
    if (body !== null) {
      if (end < at) damaged.push({ offset: end, length: at - end });
      onRecord(body, at);
      records++;
      at += RECORD_HEADER_BYTES + body.length;
      end = at;
      continue;
    }
    at = await nextCandidate(window, at + 1, size);
  }
  return { records, end, damaged, tail: size - end };
}

function soundBody(bytes: Uint8Array): Uint8Array | null {
  const header = readHeader(bytes, 0);
  if (header === null || RECORD_HEADER_BYTES + header.length > bytes.length) return null;
  const body = bytes.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + header.length);
  return crc32(body) === header.crc ? body : null;
}

/** Next offset whose four bytes are the magic number; the header's own checksum then decides. */
async function nextCandidate(window: LogWindow, from: number, size: number): Promise<number> {
  const first = RECORD_MAGIC & 0xff;
  for (let at = from; at < size; ) {
    const bytes = await window.at(at, Math.min(WINDOW_BYTES, size - at));
    for (let i = bytes.indexOf(first); i >= 0; i = bytes.indexOf(first, i + 1)) {
      if (i + 4 > bytes.length) return at + i;
      const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
      if (word === RECORD_MAGIC) return at + i;
    }
    at += bytes.length;
  }
  return size;
}

/** A sliding view of the file. */
class LogWindow {
  readonly #file: FileHandle;
  #bytes = new Uint8Array(0);
  #start = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `length` bytes from `offset`; fewer only when the file got shorter meanwhile. */
  async at(offset: number, length: number): Promise<Uint8Array> {
    const have = this.#start + this.#bytes.length;
    if (offset < this.#start || offset + length > have)
      await this.#fill(offset, Math.max(length, WINDOW_BYTES));
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }

  async #fill(offset: number, length: number): Promise<void> {
    const bytes = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const { bytesRead } = await this.#file.read(bytes, got, length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    this.#bytes = bytes.subarray(0, got);
    this.#start = offset;
  }
}
