// Anti-entropy: what makes gossip complete. On connect, on a timer and on each gossiped head the node compares logs with a peer,
// pulls what it lacks, checks it, stores it, and only then applies it or passes it on.

import type { PeerId } from '@libp2p/interface';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { parseCheckpoint, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import {
  answerHeads,
  answerTail,
  CREDIT_BYTES_DEFAULT,
  CREDIT_BYTES_MAX,
  decodeSyncMessage,
  encodeSyncMessage,
  HEADS_MESSAGE_BYTES_MAX,
  type Head,
  headsRequests,
  planSync,
  type SyncedEntry,
  tailRequest,
  verifyTail,
} from '../../protocol/sync/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Gossip, Verdict } from '../gossip/index.ts';
import type { Host } from '../host/create.ts';
import type { LogState, LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { Serial } from '../serial.ts';

/** Tails fetched from one peer in one round: bounds what a lying peer can keep us busy with. */
const TAILS_PER_ROUND = 10_000;

/** Takes the new entries of a log, after they are stored. */
export type EntriesListener = (origin: string, entries: readonly SyncedEntry[]) => Promise<void>;

export interface SyncDeps {
  readonly host: Host;
  readonly rpc: Rpc;
  readonly gossip: Gossip;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  readonly ownOrigin: string;
  /** Mean pause between two rounds with some peer. */
  readonly intervalMs: number;
  readonly onEntries: EntriesListener;
}

/** Exchanges logs with peers. */
export class SyncService {
  readonly #deps: SyncDeps;
  readonly #protocol: RpcProtocol;
  readonly #serial = new Serial();
  readonly #syncedAt = new Map<string, number>();
  #cancel: () => void = () => {};
  #lastRoundAt = 0;

  constructor(deps: SyncDeps) {
    this.#deps = deps;
    this.#protocol = {
      id: `/zerostate/${deps.network}/sync/1`,
      requestBytesMax: HEADS_MESSAGE_BYTES_MAX,
      responseBytesMax: CREDIT_BYTES_MAX,
      timeoutMs: 20_000,
      perSecond: 50,
      burst: 500,
    };
  }

  /** When the last complete comparison with some peer ended, own clock in milliseconds; 0 when never. */
  get lastRoundAt(): number {
    return this.#lastRoundAt;
  }

  /** Serves peers and starts the rounds. */
  async start(): Promise<void> {
    const { host, rpc, gossip, clock, intervalMs } = this.#deps;
    await rpc.handle(this.#protocol, async (request) => this.#serve(request));
    gossip.subscribe('heads', async (data, from) => this.#onHead(fromUtf8(data), from));
    host.addEventListener('peer:identify', this.#onIdentify);
    const round = () => {
      void this.syncWithSome().finally(() => {
        this.#cancel = clock.after(intervalMs * (0.75 + Math.random() / 2), round);
      });
    };
    this.#cancel = clock.after(intervalMs, round);
  }

  stop(): void {
    this.#cancel();
    this.#deps.host.removeEventListener('peer:identify', this.#onIdentify);
  }

  /** Tells the network of a new own head. */
  async publishHead(state: LogState): Promise<void> {
    await this.#deps.gossip.publish('heads', utf8(state.checkpoint));
  }

  readonly #onIdentify = (event: CustomEvent<{ peerId: PeerId; protocols: string[] }>): void => {
    if (event.detail.protocols.includes(this.#protocol.id)) void this.syncWith(event.detail.peerId);
  };

  /** One round with the connected peer that was compared longest ago. */
  async syncWithSome(): Promise<void> {
    const peers = this.#deps.host.getPeers();
    const connected = new Set(peers.map(String));
    for (const id of this.#syncedAt.keys()) if (!connected.has(id)) this.#syncedAt.delete(id);
    const next = peers.sort(
      (a, b) => (this.#syncedAt.get(a.toString()) ?? 0) - (this.#syncedAt.get(b.toString()) ?? 0),
    )[0];
    if (next !== undefined) await this.syncWith(next);
  }

  /** Compares all logs with a peer and pulls what is missing. Never throws; answers whether the comparison was complete. */
  async syncWith(peer: PeerId): Promise<boolean> {
    this.#syncedAt.set(peer.toString(), this.#deps.clock.now());
    const startedAt = this.#deps.clock.now();
    try {
      await this.#serial.run(`peer ${peer.toString()}`, () => this.#round(peer));
      this.#lastRoundAt = Math.max(this.#lastRoundAt, startedAt);
      this.#deps.metrics.count('zerostate_sync_rounds_total', { result: 'ok' });
      return true;
    } catch (error) {
      this.#deps.metrics.count('zerostate_sync_rounds_total', { result: 'failed' });
      this.#deps.log.debug({ peer: peer.toString(), error: (error as Error).message }, 'sync failed');
      return false;
    }
  }

  async #round(peer: PeerId): Promise<void> {
    const mine = this.#heads();
    for (const request of headsRequests(mine)) {
      let after = request.after;
      do {
        const bytes = await this.#deps.rpc.call(
          peer,
          this.#protocol,
          encodeSyncMessage({ ...request, after }),
        );
        const answer = decodeSyncMessage(bytes, ['heads-response']);
        const plan = planSync(mine, answer.heads);
        for (const refused of plan.refused)
          this.#deps.log.warn({ peer: peer.toString(), code: refused.code }, 'peer sent an invalid head');
        for (const fork of plan.forks)
          this.#deps.log.error(
            { origin: fork.origin, mine: fork.mine, theirs: fork.theirs.text },
            'split view: two heads of one size',
          );
        for (const fetch of plan.fetch) await this.#pull(peer, fetch.origin, fetch.to);
        if (answer.resumeAfter !== null && after !== null && answer.resumeAfter <= after)
          throw new ZeroError('SYNC_REFUSED', 'the peer repeats itself');
        after = answer.resumeAfter;
      } while (after !== null);
    }
  }

  /** Pulls a log up to `to`, in parts; each part is stored before the next is asked for. */
  async #pull(peer: PeerId, origin: string, to: number): Promise<void> {
    if (origin === this.#deps.ownOrigin) {
      // Only this node writes its log: a longer one means that its own data was lost or its key was copied.
      this.#deps.log.error({ origin, to }, 'a peer knows a longer version of this node’s own log');
      return;
    }
    await this.#serial.run(origin, async () => {
      let credit: number = CREDIT_BYTES_DEFAULT;
      for (let part = 0; part < TAILS_PER_ROUND; part++) {
        const state = this.#deps.store.state(origin);
        if (state.size >= to && isComplete(state)) return;
        const request = tailRequest({ origin, from: state.size, to: Math.max(to, state.size) }, credit);
        const bytes = await this.#deps.rpc.call(peer, this.#protocol, encodeSyncMessage(request));
        this.#deps.metrics.count('zerostate_sync_bytes_total', {}, bytes.length);
        const tail = verifyTail({
          request,
          response: decodeSyncMessage(bytes, ['tail-response'], credit),
          tree: state.tree,
        });
        if (tail.entries.length === 0 && !tail.complete) {
          if (tail.needs <= credit) return;
          credit = Math.min(CREDIT_BYTES_MAX, tail.needs);
          continue;
        }
        await this.#deps.store.append(
          {
            origin,
            from: tail.from,
            entries: tail.entries,
            nodes: tail.nodes,
            tree: tail.tree,
            checkpoint: tail.complete ? tail.checkpoint.text : null,
          },
          this.#deps.clock.now(),
        );
        this.#deps.metrics.count(
          'zerostate_statements_stored_total',
          { origin: 'replicated' },
          tail.entries.length,
        );
        await this.#deps.onEntries(origin, tail.entries);
        if (tail.complete) return;
      }
    });
  }

  /** A gossiped head: pull what it promises from the peer that passed it on, who has stored it. Accepted only when it is here. */
  async #onHead(text: string, from: PeerId): Promise<Verdict> {
    const { origin, size } = parseCheckpoint(text);
    if (origin === this.#deps.ownOrigin) return 'ignore';
    const known = this.#deps.store.state(origin);
    if (size <= known.size && isComplete(known)) return 'ignore';
    verifyNodeCheckpoint(text, origin);
    try {
      await this.#pull(from, origin, size);
    } catch (error) {
      if (isZeroError(error) && (error.code === 'PROOF_INVALID' || error.code === 'SIGNATURE_INVALID')) {
        this.#deps.log.warn(
          { peer: from.toString(), origin, code: error.code },
          'a peer served an invalid log tail',
        );
      }
      return 'ignore';
    }
    return this.#deps.store.state(origin).size >= size ? 'accept' : 'ignore';
  }

  async #serve(bytes: Uint8Array): Promise<Uint8Array> {
    const message = decodeSyncMessage(bytes, ['heads-request', 'tail-request']);
    if (message.kind === 'heads-request') return encodeSyncMessage(answerHeads(this.#heads(), message));
    const { store } = this.#deps;
    const state = store.state(message.origin);
    if (state.checkpoint === '') throw new ZeroError('SYNC_REFUSED', 'this log is not held here');
    return await answerTail(message, {
      checkpoint: state.checkpoint,
      nodes: store.reader(message.origin),
      entries: (first, end) => store.entries(message.origin, first, end),
    });
  }

  #heads(): Map<string, Head> {
    const complete = this.#deps.store.states().filter((state) => state.checkpoint !== '');
    return new Map(complete.map(({ origin, size, checkpoint }) => [origin, { origin, size, checkpoint }]));
  }
}

function isComplete(state: LogState): boolean {
  return state.checkpoint !== '' && parseCheckpoint(state.checkpoint).size === state.size;
}
