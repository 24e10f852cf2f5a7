// The DHT's records on disk: what the library leaves out. A record never replaces a better one, also when two arrive at once;
// count and bytes are bounded, in total, for each peer and for each provided content id; old records are swept away.

import { Libp2pRecord } from '@libp2p/record';
import { LevelDatastore } from 'datastore-level';
import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type Admission, servedPeer } from '../admission/index.ts';
import type { Clock } from '../clock/index.ts';
import {
  DHT_PROVIDERS_PER_KEY_MAX,
  DHT_RECORD_AGE_MS_MAX,
  DHT_SWEEP_MS,
  DHT_VALUE_BYTES_MAX,
} from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import { type BytesLevel, bytesLevel, type Database } from '../storage/index.ts';
import {
  isProviderSized,
  PROVIDER_BYTES,
  PROVIDERS,
  ProviderCounts,
  providedAt,
} from './provider-records.ts';
import type { DhtRules } from './rules.ts';

const RECORDS = '/dht/record/';
/** What the record's wrapper adds to its value: the key and a time. */
const WRAPPER_BYTES_MAX = 512;
/** One peer may fill at most this share of the store. */
const PEER_SHARE = 1 / 8;
/** Records swept before others may run. */
const SWEEP_STEP = 256;

/** How much the store holds. */
export interface RecordCaps {
  readonly recordsMax: number;
  readonly bytesMax: number;
}

export interface RecordStoreDeps {
  readonly db: Database;
  readonly rules: DhtRules;
  readonly caps: RecordCaps;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

interface Held {
  readonly bytes: number;
  /** Who put it last: a peer id, '' for this node or an earlier run. */
  readonly peer: string;
  readonly at: number;
}

interface Sum {
  records: number;
  bytes: number;
}

type Key = Parameters<LevelDatastore['put']>[0];
type Options = Parameters<LevelDatastore['put']>[2];

/** libp2p's datastore in the node's database, with rules for DHT records. */
export class RecordStore extends LevelDatastore {
  readonly #level: BytesLevel;
  readonly #deps: RecordStoreDeps;
  readonly #serial = new Serial();
  /** In the order of their last put. */
  readonly #held = new Map<string, Held>();
  readonly #byPeer = new Map<string, Sum>();
  readonly #providers = new ProviderCounts();
  #bytes = 0;
  #cancel: () => void = () => {};

  constructor(deps: RecordStoreDeps) {
    const level = bytesLevel(deps.db, 'libp2p');
    // LevelDatastore wants a Level; a sub-level has the same methods, and it uses no others.
    super(level as unknown as ConstructorParameters<typeof LevelDatastore>[0]);
    this.#level = level;
    this.#deps = deps;
  }

  /** Counts what an earlier run left, and starts to sweep. */
  async start(): Promise<void> {
    for await (const [name, raw] of this.#level.iterator({ gte: RECORDS, lt: `${RECORDS}~` }))
      this.#book(name, { bytes: raw.length, peer: '', at: timeOf(raw) });
    for await (const [name, raw] of this.#level.iterator({ gte: PROVIDERS, lt: `${PROVIDERS}~` }))
      this.#book(name, { bytes: PROVIDER_BYTES, peer: '', at: providedAt(raw) });
    const round = () => {
      void this.sweep()
        .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'sweep of DHT records failed'))
        .finally(() => {
          this.#cancel = this.#deps.clock.after(DHT_SWEEP_MS, round);
        });
    };
    this.#cancel = this.#deps.clock.after(DHT_SWEEP_MS, round);
  }

  stop(): void {
    this.#cancel();
  }

  /** Records held, and their bytes. */
  get held(): Sum {
    return { records: this.#held.size, bytes: this.#bytes };
  }

  /** What one peer put and is still held. */
  heldOf(peer: string): Sum {
    return { ...(this.#byPeer.get(peer) ?? { records: 0, bytes: 0 }) };
  }

  /** Stores; a DHT record only by the rules. Throws CARD_STALE, LIMIT_EXCEEDED or BUSY. */
  override async put(key: Key, value: Uint8Array, options?: Options): Promise<Key> {
    const name = key.toString();
    const isProvider = name.startsWith(PROVIDERS);
    if (!isProvider && !name.startsWith(RECORDS)) return await super.put(key, value, options);
    const peer = servedPeer() ?? '';
    if (peer !== '' && !this.#deps.admission.charge(peer, 'messages'))
      throw new ZeroError('BUSY', 'too many puts from this peer');
    // One after another for each key: the comparison holds until the record is written.
    if (isProvider)
      return await this.#serial.run(PROVIDERS, () => this.#commitProvider(key, value, peer, options));
    return await this.#serial.run(name, () => this.#commit(key, value, peer, options));
  }

  /** A provider record says when a peer last said that it has something. Its sender was checked to be that peer by the library. */
  async #commitProvider(key: Key, value: Uint8Array, peer: string, options?: Options): Promise<Key> {
    const name = key.toString();
    if (!isProviderSized(name, value)) throw new ZeroError('LIMIT_EXCEEDED', 'provider record is too large');
    const replaced = this.#held.get(name);
    if (replaced === undefined && this.#providers.of(name) >= DHT_PROVIDERS_PER_KEY_MAX)
      throw new ZeroError('BUSY', 'enough providers of this are known');
    if (peer !== '') this.#refuseOverShare(peer, PROVIDER_BYTES, replaced);
    await this.#makeRoom(name, replaced === undefined ? PROVIDER_BYTES : 0, replaced === undefined ? 1 : 0);
    const done = await super.put(key, value, options);
    this.#book(name, { bytes: PROVIDER_BYTES, peer, at: this.#deps.clock.now() });
    return done;
  }

  /** The library withdraws and expires provider records by itself. */
  override async delete(key: Key, options?: Options): Promise<void> {
    await super.delete(key, options);
    this.#unbook(key.toString());
  }

  async #commit(key: Key, value: Uint8Array, peer: string, options?: Options): Promise<Key> {
    const name = key.toString();
    if (value.length > DHT_VALUE_BYTES_MAX + WRAPPER_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', 'DHT record is too large');
    const before = await this.#level.get(name);
    if (before !== undefined) this.#refuseWorse(before, value);
    const replaced = this.#held.get(name);
    if (peer !== '') this.#refuseOverShare(peer, value.length, replaced);
    await this.#makeRoom(name, value.length - (replaced?.bytes ?? 0), replaced === undefined ? 1 : 0);
    const done = await super.put(key, value, options);
    this.#book(name, { bytes: value.length, peer, at: this.#deps.clock.now() });
    return done;
  }

  /** The library calls no selector when it stores (js-libp2p issue 3377), so an older record would win. */
  #refuseWorse(before: Uint8Array, after: Uint8Array): void {
    const held = Libp2pRecord.deserialize(before);
    const offered = Libp2pRecord.deserialize(after);
    const namespace = fromUtf8(offered.key).split('/')[1] ?? '';
    const select = this.#deps.rules.selectors[namespace];
    if (select === undefined)
      throw new ZeroError('LIMIT_EXCEEDED', `no records of kind ${namespace} are kept`);
    // The offered one stands first: among equals it wins, and its fresh time is kept.
    if (select(offered.key, [offered.value, held.value]) !== 0)
      throw new ZeroError('CARD_STALE', 'a newer record of this key is held');
  }

  #refuseOverShare(peer: string, bytes: number, replaced: Held | undefined): void {
    const { recordsMax, bytesMax } = this.#deps.caps;
    const sum = this.heldOf(peer);
    const own = replaced?.peer === peer ? replaced : undefined;
    const records = sum.records + (own === undefined ? 1 : 0);
    if (records <= recordsMax * PEER_SHARE && sum.bytes - (own?.bytes ?? 0) + bytes <= bytesMax * PEER_SHARE)
      return;
    this.#deps.metrics.count('zerostate_inbound_refused_total', { protocol: 'dht-put', reason: 'quota' });
    throw new ZeroError('BUSY', 'this peer fills its share of the store');
  }

  /** When the store is full, the oldest record of whoever holds the most makes room: spam displaces spam. */
  async #makeRoom(name: string, bytes: number, records: number): Promise<void> {
    const { recordsMax, bytesMax } = this.#deps.caps;
    while (this.#held.size + records > recordsMax || this.#bytes + bytes > bytesMax) {
      const victim = this.#oldestOfHeaviest(name);
      if (victim === undefined) throw new ZeroError('BUSY', 'the store of DHT records is full');
      await this.#drop(victim);
    }
  }

  #oldestOfHeaviest(except: string): string | undefined {
    let heaviest = '';
    let most = -1;
    for (const [peer, { bytes }] of this.#byPeer) if (bytes > most) [heaviest, most] = [peer, bytes];
    for (const [name, { peer }] of this.#held) if (peer === heaviest && name !== except) return name;
    return undefined;
  }

  /** Removes records whose last put is too long ago; answers how many. */
  async sweep(): Promise<number> {
    const oldest = this.#deps.clock.now() - DHT_RECORD_AGE_MS_MAX;
    let removed = 0;
    let seen = 0;
    for (const [name, { at }] of [...this.#held]) {
      if (++seen % SWEEP_STEP === 0) await new Promise((resolve) => setImmediate(resolve));
      if (at >= oldest || this.#held.get(name)?.at !== at) continue;
      await this.#drop(name);
      removed += 1;
    }
    if (removed > 0) this.#deps.log.info({ removed }, 'old DHT records removed');
    return removed;
  }

  async #drop(name: string): Promise<void> {
    await this.#level.del(name);
    this.#unbook(name);
    this.#measure();
  }

  #book(name: string, held: Held): void {
    this.#unbook(name);
    this.#held.set(name, held);
    this.#providers.add(name, 1);
    this.#bytes += held.bytes;
    const sum = this.#byPeer.get(held.peer) ?? { records: 0, bytes: 0 };
    this.#byPeer.set(held.peer, { records: sum.records + 1, bytes: sum.bytes + held.bytes });
    this.#measure();
  }

  #unbook(name: string): void {
    const held = this.#held.get(name);
    if (held === undefined) return;
    this.#held.delete(name);
    this.#providers.add(name, -1);
    this.#bytes -= held.bytes;
    const sum = this.#byPeer.get(held.peer)!;
    if (sum.records === 1) this.#byPeer.delete(held.peer);
    else this.#byPeer.set(held.peer, { records: sum.records - 1, bytes: sum.bytes - held.bytes });
  }

  #measure(): void {
    this.#deps.metrics.set('zerostate_dht_records', this.#held.size);
    this.#deps.metrics.set('zerostate_dht_record_bytes', this.#bytes);
  }
}

function timeOf(raw: Uint8Array): number {
  try {
    return Libp2pRecord.deserialize(raw).timeReceived.getTime();
  } catch {
    return 0; // unreadable: the next sweep removes it
  }
}
