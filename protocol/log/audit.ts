// Reads a whole log by its tiles (C2SP tlog-tiles) and computes everything again: what it serves must be what it signed, and each older
// head must be a beginning of it. Fetching is the caller's matter, so the same check runs over HTTP, libp2p, and from files.

import { equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import type { Verified } from '../verified.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CompactTree } from './compact-tree.ts';
import { HASH_BYTES, leafHash } from './hash.ts';
import { decodeEntryBundle, TILE_WIDTH, type TileRef, tilePath, tileWidth } from './tile.ts';

/** Tiles fetched at once: hides the round trips, and is no flood. */
const FETCHED_AT_ONCE = 8;

export interface AuditOptions {
  /** The head to be checked, its signature verified. */
  readonly head: Verified<Checkpoint>;
  /** Older heads of the same log, verified; each must be a beginning. */
  readonly older?: readonly Verified<Checkpoint>[];
  /** Bytes at a path below the log's prefix, such as tile/0/000. */
  readonly get: (path: string) => Promise<Uint8Array>;
  /** Told of each record, in order. */
  readonly onRecord?: (record: Uint8Array, index: number) => void;
}

export interface AuditReport {
  readonly size: number;
  readonly tiles: number;
  readonly bundles: number;
  readonly bytes: number;
  /** Older heads that were compared. */
  readonly heads: number;
}

/**
 * Checks every record, every tile and the root. Throws PROOF_INVALID naming what differs, LOG_FORKED when an older head is no beginning
 * of the log, DECODE_FAILED on tiles out of form, and what `get` throws.
 */
export async function auditLog(options: AuditOptions): Promise<AuditReport> {
  return await new Audit(options).run();
}

class Audit {
  readonly #options: AuditOptions;
  readonly #tree = new CompactTree();
  /** Hashes of the tile of each level that is being filled. */
  readonly #levels: Uint8Array[][] = [];
  readonly #older: Map<number, Verified<Checkpoint>[]>;
  #tiles = 0;
  #bundles = 0;
  #bytes = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#older = Map.groupBy(options.older ?? [], ({ size }) => size);
  }

  async run(): Promise<AuditReport> {
    const { head, older = [] } = this.#options;
    const beyond = older.find(({ size }) => size > head.size);
    if (beyond !== undefined)
      throw new ZeroError(
        'PROOF_INVALID',
        `a head of size ${beyond.size} was seen, and ${head.size} is served`,
      );
    this.#compareOlder();
    const bundles = Math.ceil(head.size / TILE_WIDTH);
    for (let first = 0; first < bundles; first += FETCHED_AT_ONCE) {
      const indexes = Array.from({ length: Math.min(FETCHED_AT_ONCE, bundles - first) }, (_, i) => first + i);
      const parts = await Promise.all(indexes.map((index) => this.#records(index)));
      for (const records of parts) for (const record of records) await this.#append(record);
    }
    await this.#endTiles();
    if (!equalBytes(this.#tree.root(), head.root))
      throw new ZeroError('PROOF_INVALID', `the entries do not lead to the signed root of size ${head.size}`);
    const [tiles, counted, bytes] = [this.#tiles, this.#bundles, this.#bytes];
    return { size: head.size, tiles, bundles: counted, bytes, heads: older.length };
  }

  async #get(ref: TileRef): Promise<Uint8Array> {
    const bytes = await this.#options.get(tilePath(ref));
    this.#bytes += bytes.length;
    return bytes;
  }

  async #records(index: number): Promise<Uint8Array[]> {
    const width = tileWidth(0, index, this.#options.head.size);
    const ref: TileRef = { level: 'entries', index, width };
    const records = decodeEntryBundle(await this.#get(ref));
    if (records.length !== width)
      throw new ZeroError('PROOF_INVALID', `${tilePath(ref)} has ${records.length} entries, not ${width}`);
    this.#bundles += 1;
    return records;
  }

  async #append(record: Uint8Array): Promise<void> {
    this.#options.onRecord?.(record, this.#tree.size);
    const completed = this.#tree.append(leafHash(record));
    // Only every eighth level lies in tiles.
    for (const { level, hash } of completed) if (level % 8 === 0) await this.#keep(level / 8, hash);
    this.#compareOlder();
  }

  async #keep(level: number, hash: Uint8Array): Promise<void> {
    this.#levels[level] ??= [];
    const hashes = this.#levels[level];
    hashes.push(hash);
    if (hashes.length === TILE_WIDTH) await this.#endTile(level);
  }

  /** Compares a tile with what the entries lead to. */
  async #endTile(level: number): Promise<void> {
    const hashes = this.#levels[level]!;
    this.#levels[level] = [];
    const span = TILE_WIDTH ** level;
    const index = Math.floor((Math.floor(this.#tree.size / span) - 1) / TILE_WIDTH);
    const ref: TileRef = { level, index, width: hashes.length };
    const served = await this.#get(ref);
    this.#tiles += 1;
    const same =
      served.length === hashes.length * HASH_BYTES &&
      hashes.every((hash, i) => equalBytes(hash, served.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)));
    if (!same) throw new ZeroError('PROOF_INVALID', `${tilePath(ref)} is not what the entries lead to`);
  }

  async #endTiles(): Promise<void> {
    for (let level = 0; level < this.#levels.length; level++)
      if (this.#levels[level]!.length > 0) await this.#endTile(level);
  }

  #compareOlder(): void {
    for (const old of this.#older.get(this.#tree.size) ?? [])
      if (!equalBytes(old.root, this.#tree.root()))
        throw new ZeroError('LOG_FORKED', `the signed head of size ${old.size} is no beginning of this log`, {
          details: { origin: old.origin, size: old.size },
        });
  }
}
