// Names the files that make up an index folder: which log holds the truth, which snapshot saves reading it from the start.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ZeroError } from '../../protocol/errors/index.ts';
import { writeAtomically } from './atomic-file.ts';

const NAME = 'manifest.json';
const FORMAT = 1;

export interface Manifest {
  readonly embedder: string;
  readonly dims: number;
  /** Rises with each compaction; files of other generations are leftovers. */
  readonly generation: number;
  readonly log: string;
  /** A snapshot of everything before `offset` of the log. */
  readonly snapshot: { readonly file: string; readonly offset: number } | null;
}

/** The manifest of a folder, or null for a new one. Throws INDEX_CORRUPT. */
export async function readManifest(folder: string): Promise<Manifest | null> {
  let text: string;
  try {
    text = await readFile(join(folder, NAME), 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const { format, crc, ...manifest } = JSON.parse(text);
    if (format !== FORMAT)
      throw new ZeroError('INDEX_CORRUPT', `index format ${format} is unknown; this program reads ${FORMAT}`);
    if (crc !== checksum(manifest))
      throw new ZeroError('INDEX_CORRUPT', `${NAME} does not match its checksum`);
    return manifest as Manifest;
  } catch (cause) {
    if (cause instanceof ZeroError) throw cause;
    throw new ZeroError('INDEX_CORRUPT', `${NAME} cannot be read`, { cause });
  }
}

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...manifest, crc: checksum(manifest) }, null, 2);
  await writeAtomically(join(folder, NAME), (file) => file.write(new TextEncoder().encode(text)));
}

function checksum({ embedder, dims, generation, log, snapshot }: Manifest): number {
  return crc32(JSON.stringify([embedder, dims, generation, log, snapshot?.file, snapshot?.offset]));
}

export function logName(generation: number): string {
  return `cards-${String(generation).padStart(6, '0')}.log`;
}

export function snapshotName(generation: number, offset: number): string {
  return `snapshot-${String(generation).padStart(6, '0')}-${offset}.bin`;
}
