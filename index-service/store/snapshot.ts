// A snapshot file: named sections, each with its checksum, and a directory at the end. Knows no meaning of a section.
//
// [section]…[directory JSON][directory length u32][directory CRC32 u32][magic 'ZIS1'], little-endian. The directory comes
// last, because a section's checksum is known only when it is written; a file without a sound end is no snapshot.

import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { ZeroError } from '../../protocol/errors/index.ts';
import { writeAtomically } from './atomic-file.ts';

const MAGIC = 0x3153495a;
const FOOTER_BYTES = 12;
/** Bytes of a directory: some 60 for each section, and there is one section per 1,024 cards. */
const DIRECTORY_BYTES_MAX = 1_048_576;

export interface Section {
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Entry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

/** Writes sections as they come, then `facts` and the directory. Replaces the file as a whole. */
export async function writeSnapshot(
  path: string,
  facts: object,
  sections: Iterable<Section> | AsyncIterable<Section>,
): Promise<void> {
  await writeAtomically(path, async (file) => {
    const entries: Entry[] = [];
    let offset = 0;
    for await (const { name, bytes } of sections) {
      entries.push({ name, offset, length: bytes.length, crc: crc32(bytes) });
      await file.write(bytes);
      offset += bytes.length;
    }
    const directory = new TextEncoder().encode(JSON.stringify({ facts, entries }));
    const footer = new DataView(new ArrayBuffer(FOOTER_BYTES));
    footer.setUint32(0, directory.length, true);
    footer.setUint32(4, crc32(directory), true);
    footer.setUint32(8, MAGIC, true);
    await file.write(directory);
    await file.write(new Uint8Array(footer.buffer));
  });
}

/** An open snapshot. Every read checks the section's checksum and throws INDEX_CORRUPT when it differs. */
export class SnapshotReader {
  readonly facts: unknown;
  readonly #file: FileHandle;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(file: FileHandle, facts: unknown, entries: readonly Entry[]) {
    this.#file = file;
    this.facts = facts;
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** Throws INDEX_CORRUPT when the file is missing, cut or damaged at its end. */
  static async open(path: string): Promise<SnapshotReader> {
    const file = await open(path, 'r').catch((cause) => {
      throw new ZeroError('INDEX_CORRUPT', `${path} cannot be opened`, { cause });
    });
    try {
      const { facts, entries } = await readDirectory(file);
      return new SnapshotReader(file, facts, entries);
    } catch (cause) {
      await file.close();
      throw cause instanceof ZeroError
        ? cause
        : new ZeroError('INDEX_CORRUPT', `${path} has no sound directory`, { cause });
    }
  }

  names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Reads a section, into `target` when given. */
  async read(name: string, target?: Uint8Array): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new ZeroError('INDEX_CORRUPT', `snapshot has no section ${name}`);
    const bytes = target ?? new Uint8Array(entry.length);
    if (bytes.length !== entry.length)
      throw new ZeroError('INDEX_CORRUPT', `section ${name} has another length than expected`);
    await readFully(this.#file, bytes, entry.offset);
    if (crc32(bytes) !== entry.crc)
      throw new ZeroError('INDEX_CORRUPT', `section ${name} does not match its checksum`);
    return bytes;
  }

  /** Reads a part of a section at once, its checksum unchecked: for the few bytes that cannot wait. */
  readPart(name: string, start: number, target: Uint8Array): void {
    const entry = this.#entries.get(name);
    if (entry === undefined || start + target.length > entry.length) {
      throw new ZeroError('INDEX_CORRUPT', `snapshot has no such part of section ${name}`);
    }
    for (let at = 0; at < target.length; ) {
      const count = readSync(this.#file.fd, target, at, target.length - at, entry.offset + start + at);
      if (count === 0) throw new ZeroError('INDEX_CORRUPT', 'snapshot ends early');
      at += count;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function readDirectory(file: FileHandle): Promise<{ facts: unknown; entries: Entry[] }> {
  const { size } = await file.stat();
  if (size < FOOTER_BYTES) throw new ZeroError('INDEX_CORRUPT', 'snapshot is too short');
  const footer = new Uint8Array(FOOTER_BYTES);
  await readFully(file, footer, size - FOOTER_BYTES);
  const view = new DataView(footer.buffer);
  const length = view.getUint32(0, true);
  if (view.getUint32(8, true) !== MAGIC || length > DIRECTORY_BYTES_MAX || length > size - FOOTER_BYTES) {
    throw new ZeroError('INDEX_CORRUPT', 'snapshot has no sound end');
  }
  const directory = new Uint8Array(length);
  await readFully(file, directory, size - FOOTER_BYTES - length);
  if (crc32(directory) !== view.getUint32(4, true))
    throw new ZeroError('INDEX_CORRUPT', 'snapshot directory does not match its checksum');
  return JSON.parse(new TextDecoder().decode(directory));
}

async function readFully(file: FileHandle, target: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < target.length; ) {
    const { bytesRead } = await file.read(target, at, target.length - at, offset + at);
    if (bytesRead === 0) throw new ZeroError('INDEX_CORRUPT', 'snapshot ends early');
    at += bytesRead;
  }
}
