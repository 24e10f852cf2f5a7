// What anybody may read of the logs held here, by path, the same over HTTP and libp2p: C2SP tlog-tiles (checkpoint, tiles, entry bundles),
// and beside them kept heads, the newest witnessed head, the log's key, and the evidence when it forked. Bodies are not among them.

import { concatBytes, equalBytes, utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  encodeEntryBundle,
  encodeEquivocation,
  formatVerifierKey,
  leafHash,
  NOTE_ED25519,
  originKey,
  parseCheckpoint,
  parseSize,
  parseTilePath,
  TILE_WIDTH,
  type TileRef,
  tileWidth,
} from '../../protocol/log/index.ts';
import type { LogStore } from '../log/index.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { LogProofs } from './log-proofs.ts';

/** One thing to read. */
export interface Resource {
  readonly bytes: Uint8Array;
  readonly type: 'text' | 'binary' | 'json';
  /** True when the bytes at this path never change: caches may keep them for good. */
  readonly isImmutable: boolean;
}

export interface ResourcesDeps {
  readonly store: LogStore;
  readonly proofs: LogProofs;
  readonly forks: ForkBook;
}

/** Reads by path. */
export class LogResources {
  readonly #deps: ResourcesDeps;

  constructor(deps: ResourcesDeps) {
    this.#deps = deps;
  }

  /** What lies at a path below a log's prefix. Throws NOT_FOUND, or LOG_FORKED for the head of a log that signed two histories. */
  async read(origin: string, path: string): Promise<Resource> {
    if (path.startsWith('tile/')) return await this.#tile(origin, path);
    if (path === 'evidence') return this.#evidence(origin);
    const { proofs } = this.#deps;
    if (path === 'key') return this.#key(origin);
    if (path.startsWith('checkpoint/'))
      return text(await proofs.headAt(origin, sizeOf(path.slice('checkpoint/'.length))));
    if (path !== 'checkpoint' && path !== 'witnessed')
      throw new ZeroError(
        'NOT_FOUND',
        'a log has checkpoint, checkpoint/SIZE, witnessed, tile/, key, evidence',
      );
    if (this.#deps.forks.has(origin))
      throw new ZeroError(
        'LOG_FORKED',
        `${origin} signed two histories: it has no head that could be trusted`,
        {
          hint: 'The path "evidence" beside this one has the proof; its tiles are still served.',
        },
      );
    const { head, witnessed } = await proofs.newest(origin);
    const record = path === 'checkpoint' ? head : witnessed;
    if (record === null)
      throw new ZeroError('NOT_FOUND', 'no quorum of witnesses has vouched for a head of this log yet');
    return text(record.checkpoint);
  }

  #key(origin: string): Resource {
    if (this.#deps.store.state(origin).checkpoint === '')
      throw new ZeroError('NOT_FOUND', `no log ${origin} is held here`);
    const key = { name: origin, type: NOTE_ED25519, publicKey: originKey(origin) };
    return text(`${formatVerifierKey(key)}\n`);
  }

  #evidence(origin: string): Resource {
    const finding = this.#deps.forks.get(origin);
    if (finding === undefined) throw new ZeroError('NOT_FOUND', 'this log is not known to have forked');
    return { bytes: encodeEquivocation(finding), type: 'json', isImmutable: true };
  }

  async #tile(origin: string, path: string): Promise<Resource> {
    const ref = refOf(path);
    const { checkpoint } = this.#deps.store.state(origin);
    // While a tail is being fetched, entries are at hand that no head at hand covers: they are nobody's business yet.
    const size = checkpoint === '' ? 0 : parseCheckpoint(checkpoint).size;
    const level = ref.level === 'entries' ? 0 : ref.level;
    if (ref.width > tileWidth(level, ref.index, size))
      throw new ZeroError('NOT_FOUND', `${path} is beyond the newest head, of size ${size}`);
    const bytes = ref.level === 'entries' ? await this.#bundle(origin, ref) : await this.#hashes(origin, ref);
    return { bytes, type: 'binary', isImmutable: true };
  }

  async #hashes(origin: string, { level, index, width }: TileRef): Promise<Uint8Array> {
    const first = index * TILE_WIDTH;
    const hashes = await this.#deps.store.nodes(origin, Number(level) * 8, first, first + width);
    if (hashes.length !== width) throw damaged(origin);
    return concatBytes(...hashes);
  }

  async #bundle(origin: string, { index, width }: TileRef): Promise<Uint8Array> {
    const { store } = this.#deps;
    const first = index * TILE_WIDTH;
    const [records, leaves] = await Promise.all([
      store.records(origin, first, first + width),
      store.nodes(origin, 0, first, first + width),
    ]);
    const sound =
      records.length === width && records.every((record, i) => equalBytes(leafHash(record), leaves[i]!));
    if (!sound) throw damaged(origin);
    return encodeEntryBundle(records);
  }
}

function refOf(path: string): TileRef {
  try {
    return parseTilePath(path);
  } catch (cause) {
    if (!isZeroError(cause)) throw cause;
    throw new ZeroError('NOT_FOUND', 'this is not the path of a tile', {
      cause,
      hint: 'Tiles lie at tile/<level>/<index> and tile/entries/<index>, as C2SP tlog-tiles has it.',
    });
  }
}

function sizeOf(digits: string): number {
  try {
    return parseSize(digits, 'size');
  } catch (cause) {
    if (!isZeroError(cause)) throw cause;
    throw new ZeroError('NOT_FOUND', 'a kept head is named by its size', { cause });
  }
}

function text(content: string): Resource {
  return { bytes: utf8(content), type: 'text', isImmutable: false };
}

function damaged(origin: string): ZeroError {
  return new ZeroError('DATA_CORRUPT', `a part of ${origin} is missing or damaged here`);
}
