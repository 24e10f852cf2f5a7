// Copies of entries at other nodes: asks for proof that they are there, and tells a publisher exactly what is durable where. A node that is
// asked about an entry it lacks fetches it first, from its author, and answers when it is on its disk.

import { randomBytes } from 'node:crypto';
import { encode } from '@ipld/dag-cbor';
import type { PeerId } from '@libp2p/interface';
import { fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  decodeLogEntry,
  HOLDING_BYTES_MAX,
  HOLDING_NONCE_BYTES,
  type NoteSigner,
  noteSigner,
  originOf,
  requireSize,
  signHolding,
  verifyHolding,
} from '../../protocol/log/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore, OwnLog } from '../log/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { SyncService } from '../sync/sync-service.ts';
import type { ConfirmedCopy, Durability, DurabilityReport, LogDurability } from './ports.ts';

/** A question names a statement and its place: some 150 bytes. */
const REQUEST_BYTES_MAX = 512;
/** How long a publisher waits for copies; a node that has to fetch a large body first needs some seconds. */
const CONFIRM_MS = 15_000;
/** Peers asked for one entry at most. */
const ASKED_MAX = 32;

export interface CopiesDeps {
  readonly rpc: Rpc;
  readonly host: Host;
  readonly store: LogStore;
  readonly ownLog: OwnLog;
  readonly forks: Pick<ForkBook, 'has'>;
  readonly sync: Pick<SyncService, 'pull'>;
  readonly clock: Clock;
  readonly network: string;
  readonly seed: Uint8Array;
  readonly config: Pick<Config['logs'], 'durability' | 'copies'>;
}

interface Outcome {
  readonly copies: readonly ConfirmedCopy[];
  readonly missing: readonly { readonly peerId: string; readonly reason: string }[];
}

/** See ports.ts. */
export class Copies implements LogDurability {
  readonly #deps: CopiesDeps;
  readonly #protocol: RpcProtocol;
  readonly #signer: NoteSigner;

  constructor(deps: CopiesDeps) {
    this.#deps = deps;
    this.#signer = noteSigner(deps.seed);
    this.#protocol = {
      id: `/zerostate/${deps.network}/held/1`,
      requestBytesMax: REQUEST_BYTES_MAX,
      responseBytesMax: HOLDING_BYTES_MAX,
      timeoutMs: 10_000,
      // One question for each entry that is published with copies, or about to be let go.
      sheds: 'bulk',
      perSecond: 50,
      burst: 500,
    };
  }

  async start(): Promise<void> {
    await this.#deps.rpc.handle(this.#protocol, (request, peer) => this.#answer(request, peer));
  }

  async confirmDurable(
    index: number,
    options: { readonly durability?: Durability; readonly signal?: AbortSignal } = {},
  ): Promise<DurabilityReport> {
    const { config, ownLog, store } = this.#deps;
    const { origin } = ownLog;
    const asked: Durability =
      options.durability ??
      (config.durability === 'local' ? { mode: 'local' } : { mode: 'quorum', copies: config.copies });
    const record = await store.record(origin, index);
    if (record === undefined || index >= ownLog.state().size)
      throw new ZeroError('NOT_FOUND', `the own log has no entry ${index}`);
    const { statementId } = decodeLogEntry(record);
    const local = (await store.body(origin, index)) !== undefined;
    const wanted = asked.mode === 'local' ? 0 : asked.copies;
    const { copies, missing } =
      wanted === 0 || !local
        ? { copies: [], missing: [] }
        : await this.confirm(origin, index, wanted, options.signal);
    const reached = local && copies.length >= wanted;
    const claim = claimOf(asked, local, copies.length);
    return { origin, index, statementId, asked, local, copies, missing, reached, claim };
  }

  /** Asks connected peers for proof that they hold an entry whose body is here, until `wanted` have given it or nobody is left. */
  async confirm(origin: string, index: number, wanted: number, signal?: AbortSignal): Promise<Outcome> {
    const until = AbortSignal.any([
      AbortSignal.timeout(CONFIRM_MS),
      ...(signal === undefined ? [] : [signal]),
    ]);
    const waiting = (await this.#holders(origin)).slice(0, ASKED_MAX);
    const copies: ConfirmedCopy[] = [];
    const missing: { peerId: string; reason: string }[] = [];
    const work = async (): Promise<void> => {
      for (let peer = waiting.shift(); peer !== undefined; peer = waiting.shift()) {
        if (copies.length >= wanted || until.aborted) return;
        try {
          copies.push(await this.prove(peer, origin, index, until));
        } catch (error) {
          if (!isZeroError(error)) throw error;
          missing.push({ peerId: peer.toString(), reason: `${error.code}: ${error.message}` });
        }
      }
    };
    await Promise.all(Array.from({ length: wanted }, work));
    return { copies, missing };
  }

  /** Proof that a peer holds an entry whose body is here. Throws PEER_UNREACHABLE, NOT_FOUND (it does not), PROOF_INVALID or SIGNATURE_INVALID. */
  async prove(peer: PeerId, origin: string, index: number, signal?: AbortSignal): Promise<ConfirmedCopy> {
    const { clock, rpc } = this.#deps;
    const held = await this.#held(origin, index);
    const nonce = new Uint8Array(randomBytes(HOLDING_NONCE_BYTES));
    const bytes = await rpc.call(
      peer,
      this.#protocol,
      encode({ origin, index, nonce }),
      signal === undefined ? {} : { signal },
    );
    const text = fromUtf8(bytes);
    verifyHolding(text, { origin, index, nonce }, held, peer.toString());
    return { peerId: peer.toString(), at: rfc3339(clock.now()), note: toBase64(bytes) };
  }

  async #held(origin: string, index: number): Promise<{ record: Uint8Array; body: Uint8Array }> {
    const { store } = this.#deps;
    const [record, body] = await Promise.all([store.record(origin, index), store.body(origin, index)]);
    if (record === undefined || body === undefined)
      throw new ZeroError('NOT_FOUND', `entry ${index} of ${origin} is not held with its body`);
    return { record, body };
  }

  /** Connected peers that can be asked: not the log's own node, and none that signed two histories. */
  async #holders(origin: string): Promise<PeerId[]> {
    const { forks, host } = this.#deps;
    const able: PeerId[] = [];
    for (const peer of host.getPeers()) {
      const its = originOf(peer.toString());
      if (its === origin || forks.has(its)) continue;
      const known = await host.peerStore.get(peer).catch(() => undefined);
      if (known?.protocols.includes(this.#protocol.id) === true) able.push(peer);
    }
    return able;
  }

  async #answer(request: Uint8Array, peer: PeerId): Promise<Uint8Array> {
    const { clock, host, store, sync } = this.#deps;
    const { origin, index, nonce } = decodeCborMap(request, 'the question');
    if (typeof origin !== 'string' || !(nonce instanceof Uint8Array) || nonce.length !== HOLDING_NONCE_BYTES)
      throw new ZeroError('DECODE_FAILED', 'the question has another form');
    const at = requireSize(index, 'index');
    // Only its author is followed on a word: others could send this node after logs that are not there.
    if (at >= store.state(origin).size && origin === originOf(peer.toString()))
      await sync.pull(peer, origin, at + 1);
    // The store changes what it answers only after the disk has it.
    if (at >= store.state(origin).size) throw new ZeroError('NOT_FOUND', 'this entry is not held here');
    const held = await this.#held(origin, at);
    const timeSeconds = Math.floor(clock.now() / 1000);
    const holder = { peerId: host.peerId.toString(), signer: this.#signer, timeSeconds };
    return utf8(signHolding({ origin, index: at, nonce }, held, holder));
  }
}

/** What may be said, and no more. */
function claimOf(asked: Durability, local: boolean, copies: number): string {
  const here = local
    ? 'on this node’s disk, flushed'
    : 'NOT on this node’s disk: its body was let go or is damaged';
  if (asked.mode === 'local') return `${here}; nothing is said about copies elsewhere`;
  const others = `${copies} other ${copies === 1 ? 'node' : 'nodes'} proved to hold it`;
  const verdict = copies >= asked.copies ? 'as asked' : `${asked.copies} were asked for`;
  return `${here}; ${others} (${verdict}); that they flushed it and will keep it is their word`;
}
