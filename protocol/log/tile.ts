// C2SP tlog-tiles: addresses and widths of tiles, entry bundles, and proofs read from tiles. Fetching them is the caller's matter.

import { concatBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { LOG_RECORD_BYTES_MAX } from './entry.ts';
import { HASH_BYTES, nodeHash } from './hash.ts';
import type { HashReader } from './prove.ts';
import { requireSize } from './size.ts';

/** Tree levels in one tile. */
export const TILE_HEIGHT = 8;
/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** Tile levels that sizes below 2^53 can have. */
const TILE_LEVEL_MAX = 6;

/** A tile's address. `width` is 1 to 255 for a partial one, 256 for a full one. */
export interface TileRef {
  /** Tile level, or 'entries' for an entry bundle. */
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Path of a tile below the log's prefix: tile/<L>/<N>[.p/<W>]. */
export function tilePath(ref: TileRef): string {
  const groups: string[] = [];
  let rest = requireSize(ref.index, 'tile index');
  do {
    groups.unshift(String(rest % 1000).padStart(3, '0'));
    rest = Math.floor(rest / 1000);
  } while (rest > 0);
  const number = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
  return `tile/${ref.level}/${number}${ref.width === TILE_WIDTH ? '' : `.p/${ref.width}`}`;
}

const PATH =
  /^tile\/(entries|[0-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The address of a path. Throws DECODE_FAILED for any path that tilePath would not have written. */
export function parseTilePath(path: string): TileRef {
  const match = PATH.exec(path);
  if (match === null) throw new ZeroError('DECODE_FAILED', 'not a tile path');
  const index = Number(match[2]!.replaceAll(/[x/]/g, ''));
  const ref: TileRef = {
    level: match[1] === 'entries' ? 'entries' : Number(match[1]),
    index: requireSize(index, 'tile index'),
    width: match[3] === undefined ? TILE_WIDTH : Number(match[3]),
  };
  if (ref.width > TILE_WIDTH - 1 && match[3] !== undefined)
    throw new ZeroError('DECODE_FAILED', 'a partial tile is below 256 wide');
  if (tilePath(ref) !== path) throw new ZeroError('DECODE_FAILED', 'tile path has more than one spelling');
  return ref;
}

/** Width of a tile in a tree of `size`: 0 when there is none. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Tiles that appear or change when a log grows from one size to another, bundles included: what a writer must publish. */
export function tilesBetween(from: number, to: number): TileRef[] {
  const refs: TileRef[] = [];
  for (let level = 0; level <= TILE_LEVEL_MAX; level++) {
    const first = Math.floor(from / TILE_WIDTH ** (level + 1));
    for (let index = first; ; index++) {
      const width = tileWidth(level, index, to);
      if (width === 0) break;
      if (width === tileWidth(level, index, from)) continue;
      refs.push({ level, index, width });
      if (level === 0) refs.push({ level: 'entries', index, width });
    }
  }
  return refs;
}

/** Reads tree nodes out of tiles, hashing up inside a tile as needed. `tile` returns the hashes of a tile of this width or wider. */
export function tileReader(size: number, tile: (ref: TileRef) => Uint8Array | undefined): HashReader {
  return {
    node(level, index) {
      const tileLevel = Math.floor(level / TILE_HEIGHT);
      const span = 2 ** (level % TILE_HEIGHT);
      const first = index * span;
      const tileIndex = Math.floor(first / TILE_WIDTH);
      const width = tileWidth(tileLevel, tileIndex, size);
      const bytes = width === 0 ? undefined : tile({ level: tileLevel, index: tileIndex, width });
      if (bytes === undefined) return undefined;
      return subtree(bytes, first % TILE_WIDTH, span);
    },
  };
}

function subtree(tile: Uint8Array, at: number, span: number): Uint8Array | undefined {
  if ((at + span) * HASH_BYTES > tile.length) return undefined;
  if (span === 1) return tile.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES);
  const left = subtree(tile, at, span / 2);
  const right = subtree(tile, at + span / 2, span / 2);
  return left === undefined || right === undefined ? undefined : nodeHash(left, right);
}

/** Bytes of an entry bundle: each record behind its length as u16, big-endian. */
export function encodeEntryBundle(records: readonly Uint8Array[]): Uint8Array {
  if (records.length > TILE_WIDTH)
    throw new ZeroError('LIMIT_EXCEEDED', `a bundle has at most ${TILE_WIDTH} entries`);
  return concatBytes(
    ...records.flatMap((record) => {
      if (record.length > LOG_RECORD_BYTES_MAX)
        throw new ZeroError('LIMIT_EXCEEDED', 'a record is too long for a bundle');
      return [Uint8Array.of(record.length >> 8, record.length & 0xff), record];
    }),
  );
}

/** Records of an entry bundle. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (records.length === TILE_WIDTH)
      throw new ZeroError('LIMIT_EXCEEDED', `a bundle has at most ${TILE_WIDTH} entries`);
    const length = at + 2 <= bytes.length ? bytes[at]! * 256 + bytes[at + 1]! : Number.POSITIVE_INFINITY;
    if (at + 2 + length > bytes.length) throw new ZeroError('DECODE_FAILED', 'entry bundle is cut off');
    records.push(bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return records;
}
