// Anti-entropy: what makes gossip complete. On connect, on a timer and on each gossiped head the node compares logs with a peer,
// pulls what it lacks, checks it, stores it, and only then applies it or passes it on.

import type { IdentifyResult, PeerId } from '@libp2p/interface';
import { Tally } from '../../protocol/bounded/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Checkpoint, EquivocationFinding } from '../../protocol/log/index.ts';
import {
  answerHeads,
  decodeSyncMessage,
  encodeSyncMessage,
  HEADS_MESSAGE_BYTES_MAX,
  type Head,
  headsRequests,
  planSync,
  TAIL_BYTES_MAX,
} from '../../protocol/sync/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Admission } from '../admission/index.ts';
import type { Quarantine } from '../admission/quarantine.ts';
import type { Clock } from '../clock/index.ts';
import type { Gossip } from '../gossip/index.ts';
import type { Host } from '../host/create.ts';
import type { LogState, LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import { Serial } from '../serial.ts';
import type { StatementRouter } from '../statements/router.ts';
import { LogAnswers } from './answer-of-log.ts';
import { Follower } from './follower.ts';
import type { ForkBook } from './fork-book.ts';
import { Greetings } from './greetings.ts';
import { HeadGossip } from './head-gossip.ts';
import { HeadsInWait } from './heads-in-wait.ts';
import { Learner } from './learner.ts';
import { Liars } from './liars.ts';
import { compareOlder } from './older-head.ts';
import { Puller } from './puller.ts';
import type { Quotas } from './quota.ts';
import { Rounds } from './rounds.ts';

/** Pages of heads of one interval in one round: six times as many as a node holds logs. Whoever names more names logs without end. */
const PAGES_MAX = 64;

export interface SyncDeps {
  readonly host: Host;
  readonly rpc: Rpc;
  readonly gossip: Gossip;
  readonly store: LogStore;
  readonly ownLog: OwnLog;
  readonly router: StatementRouter;
  readonly forks: ForkBook;
  readonly admission: Admission;
  readonly quarantine: Quarantine;
  readonly quotas: Quotas;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  /** Mean pause between two rounds with some peer. */
  readonly intervalMs: number;
  /** Told after entries of a log are stored and applied. */
  readonly onGrown: (origin: string) => void;
  /** Shown what came with a gossiped head, before any of it is stored. */
  readonly onPushed: (bodies: readonly (Uint8Array | null)[]) => void;
}

/** Exchanges logs with peers. */
export class SyncService {
  readonly #deps: SyncDeps;
  readonly #protocol: RpcProtocol;
  readonly #serial = new Serial();
  readonly #puller: Puller;
  readonly #follower: Follower;
  readonly #liars: Liars;
  readonly #waiting: HeadsInWait;
  readonly #heads: HeadGossip;
  readonly #greetings: Greetings;
  readonly #learner: Learner;
  readonly #answers: LogAnswers;
  readonly #rounds: Rounds;
  readonly #syncedAt = new Map<string, number>();
  /** Peers that are being compared with. */
  readonly #underWay = new Tally();
  /** Takes the cosignatures of a head that is held; set by the log service. Answers whether any was news. */
  onCosigned: (head: Verified<Checkpoint>) => Promise<boolean> = async () => false;
  /** Whether tasks wait at this node; set by whoever knows of them. */
  busy: () => boolean = () => false;
  #lastRoundAt = 0;
  #stopped = false;

  constructor(deps: SyncDeps) {
    this.#deps = deps;
    this.#answers = new LogAnswers(deps);
    this.#greetings = new Greetings(deps.clock, (peer) => void this.syncWith(peer));
    this.#learner = new Learner({
      ...deps,
      held: () => this.#held(),
      follow: (peer, plan) =>
        this.#serial.run(`peer ${peer.toString()}`, () => this.#follower.follow(peer, plan)),
      onLiar: (peer) => this.#liars.add(peer),
      onHeard: (peer, at) => {
        this.#greetings.heard(peer);
        this.#syncedAt.set(peer.toString(), at);
      },
      onLearned: (peer, at) => {
        void this.#compared(peer, at).catch((error: unknown) =>
          this.#deps.log.warn({ err: error }, 'the mark of a restored log could not be taken away'),
        );
      },
    });
    this.#liars = new Liars(deps);
    this.#waiting = new HeadsInWait(deps);
    this.#protocol = {
      id: `/zerostate/${deps.network}/sync/1`,
      evenConfined: true,
      // Revocations come this way.
      sheds: 'urgent',
      requestBytesMax: HEADS_MESSAGE_BYTES_MAX,
      responseBytesMax: TAIL_BYTES_MAX,
      timeoutMs: 20_000,
      perSecond: 50,
      burst: 500,
    };
    this.#puller = new Puller({
      ...deps,
      protocol: this.#protocol,
      onLiar: (peer) => this.#liars.add(peer),
    });
    this.#follower = new Follower({ ...deps, puller: this.#puller, liars: this.#liars });
    this.#heads = new HeadGossip({
      ...deps,
      puller: this.#puller,
      liars: this.#liars,
      waiting: this.#waiting,
      compare: (head) => compareOlder(deps, head),
      cosigned: (head) => this.onCosigned(head),
      isBusy: () => this.busy(),
    });
    this.#rounds = new Rounds({
      ...deps,
      round: () => this.syncWithSome(),
      brought: () => this.#follower.brought,
    });
    deps.forks.listen((finding) => this.#onFork(finding));
  }

  /** When the last complete comparison with some peer ended, own clock in milliseconds; 0 when never. */
  get lastRoundAt(): number {
    return this.#lastRoundAt;
  }

  /** Serves peers and starts the rounds. */
  async start(): Promise<void> {
    const { host, rpc } = this.#deps;
    await rpc.handle(this.#protocol, async (request, peer) => this.#serve(request, peer));
    this.#heads.start();
    host.addEventListener('peer:identify', this.#onIdentify);
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#rounds.stop();
    this.#greetings.stop();
    this.#deps.host.removeEventListener('peer:identify', this.#onIdentify);
    await this.#heads.stop();
  }

  /** Tells the network of a new own head, at once when somebody may wait for what is new under it. */
  async publishHead(state: LogState, isUrgent: boolean): Promise<void> {
    await this.#heads.publish(state, isUrgent);
  }

  /** Evidence that is new here goes to everybody: found here, or brought by a partner. */
  #onFork(finding: Verified<EquivocationFinding>): void {
    const { forks, log, metrics } = this.#deps;
    const { origin, first, second } = finding;
    metrics.count('zerostate_sync_refused_total', { reason: 'fork' });
    metrics.set('zerostate_log_forks', forks.size);
    log.error({ origin, first, second }, 'a log signed two histories: nothing more is taken from it');
    if (!this.#stopped) void this.#heads.publishEvidence(finding);
  }

  readonly #onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    if (!this.#stopped && detail.protocols.includes(this.#protocol.id))
      this.#greetings.met(detail.peerId, detail.connection.direction === 'outbound');
  };

  /** Pulls one log from a peer up to a size. Throws as Puller.pull. */
  async pull(peer: PeerId, origin: string, to: number): Promise<void> {
    if (!this.#liars.has(peer)) await this.#puller.pull(peer, origin, to);
  }

  /** Asks connected peers for the body of an entry that is not here, one after another. Answers whether it is here now. */
  async fetchBody(origin: string, index: number): Promise<boolean> {
    for (const peer of this.#deps.host.getPeers().filter((each) => !this.#liars.has(each)))
      if (await this.#puller.bodies.fetch(peer, origin, index).catch(() => false)) return true;
    return false;
  }

  /** One round with the connected peer that was compared longest ago, of those that none is under way with. */
  async syncWithSome(): Promise<void> {
    const peers = this.#deps.host.getPeers();
    const connected = new Set(peers.map(String));
    for (const id of this.#syncedAt.keys()) if (!connected.has(id)) this.#syncedAt.delete(id);
    const trusted = peers.filter(
      (peer) => !this.#liars.has(peer) && this.#underWay.of(peer.toString()) === 0,
    );
    const next = trusted.sort(
      (a, b) => (this.#syncedAt.get(a.toString()) ?? 0) - (this.#syncedAt.get(b.toString()) ?? 0),
    )[0];
    if (next !== undefined) await this.syncWith(next);
    await this.#waiting.settle();
  }

  /** Compares all logs with a peer and pulls what is missing. Never throws; answers whether the comparison was complete. */
  async syncWith(peer: PeerId): Promise<boolean> {
    this.#syncedAt.set(peer.toString(), this.#deps.clock.now());
    const startedAt = this.#deps.clock.now();
    this.#underWay.add(peer.toString(), 1);
    try {
      await this.#serial.run(`peer ${peer.toString()}`, () => this.#round(peer));
      this.#deps.metrics.count('zerostate_sync_rounds_total', { result: 'ok' });
      await this.#compared(peer, startedAt);
      return true;
    } catch (error) {
      this.#deps.metrics.count('zerostate_sync_rounds_total', { result: 'failed' });
      this.#deps.log.debug({ peer: peer.toString(), error: (error as Error).message }, 'sync failed');
      return false;
    } finally {
      this.#underWay.add(peer.toString(), -1);
    }
  }

  /** All that a peer holds is here, as of a time of the own clock: it was asked, or it asked and named all. */
  async #compared(peer: PeerId, at: number): Promise<void> {
    const { log, ownLog } = this.#deps;
    this.#lastRoundAt = Math.max(this.#lastRoundAt, at);
    if (await ownLog.confirmed(peer.toString()))
      log.info({ size: ownLog.state().size }, 'the restored log is up to date: it may grow again');
  }

  async #round(peer: PeerId): Promise<void> {
    const mine = this.#held();
    for (const request of headsRequests(mine)) {
      let after = request.after;
      let pages = 0;
      do {
        const bytes = await this.#deps.rpc.call(
          peer,
          this.#protocol,
          encodeSyncMessage({ ...request, after }),
        );
        const answer = decodeSyncMessage(bytes, ['heads-response']);
        await this.#follower.follow(peer, planSync(mine, answer.heads));
        if (answer.resumeAfter !== null && after !== null && answer.resumeAfter <= after)
          throw new ZeroError('SYNC_REFUSED', 'the peer repeats itself');
        after = answer.resumeAfter;
        if (after !== null && ++pages >= PAGES_MAX)
          throw new ZeroError('SYNC_REFUSED', 'the peer names logs without end');
      } while (after !== null);
    }
  }

  async #serve(bytes: Uint8Array, peer: PeerId): Promise<Uint8Array> {
    const message = decodeSyncMessage(bytes, ['heads-request', 'tail-request', 'consistency-request']);
    if (message.kind === 'heads-request') {
      if (!this.#stopped && !this.#liars.has(peer)) this.#learner.take(peer, message);
      return encodeSyncMessage(answerHeads(this.#held(), message));
    }
    return await this.#answers.answer(peer, message);
  }

  #held(): Map<string, Head> {
    const { ownLog, store } = this.#deps;
    const shown = store
      .states()
      .map((state) => (state.origin === ownLog.origin ? this.#heads.shown() : state));
    const complete = shown.filter((state) => state.checkpoint !== '');
    return new Map(complete.map(({ origin, size, checkpoint }) => [origin, { origin, size, checkpoint }]));
  }
}
