// What every peer has spent: bounded, kept over reconnects. The decision itself is pure (decision.ts).

import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import {
  BUDGETS,
  type Budgets,
  decide,
  decideLane,
  freshState,
  isShutOut,
  KINDS,
  type Kind,
  type Lane,
  type PeerState,
  refilled,
} from './decision.ts';
import { Overload } from './overload.ts';

/** Peers remembered. The least recently seen that is not under a penalty goes first. */
const PEERS_MAX = 4_096;
/** Remembered peers under a penalty that are looked past when room is made: bounds the search. */
const PENALIZED_LOOKED_PAST = 256;

/** A peer is shown as limited for this long after it was refused something: buckets refill faster than people look. */
const LIMITED_SHOWN_MS = 30_000;

/** What people see of a peer's standing. */
export interface Standing {
  readonly peerId: string;
  /** ok, limited (some budget is used up) or penalized (shut out until `untilMs`). */
  readonly state: 'ok' | 'limited' | 'penalized';
  /** Which budget ran out, in words; empty when none. */
  readonly reason: string;
  readonly untilMs: number;
  readonly strikes: number;
  readonly refused: number;
  /** Share of each budget that is left, 0 to 1. */
  readonly left: Readonly<Record<Kind, number>>;
}

/** What is kept of a peer over restarts. Times in milliseconds since the epoch. */
export interface Penalty {
  readonly strikes: number;
  readonly struckAt: number;
  readonly until: number;
}

type PenaltyListener = (peer: string, penalty: Penalty) => void;

const REASONS: Record<Kind, string> = {
  bytes: 'too many bytes',
  messages: 'too many messages',
  streams: 'too many streams',
  opens: 'too many streams begun',
  cpuMs: 'too much work to check',
  failures: 'invalid objects',
};

/** Books what peers do, and says who may go on. */
export class Admission {
  readonly #peers = new Map<string, PeerState>();
  readonly #clock: Clock;
  /** What all peers together may have under way, and what gives way first. */
  readonly overload: Overload;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #budgets: Budgets;
  readonly #penaltyListeners: PenaltyListener[] = [];

  /** `lagMs`: how late this thread is with its work. */
  constructor(deps: {
    clock: Clock;
    log: Logger;
    metrics: Metrics;
    budgets?: Budgets;
    lagMs?: () => number;
  }) {
    this.overload = new Overload(deps);
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    this.#budgets = deps.budgets ?? BUDGETS;
  }

  /** Why a peer is served nothing but what it needs to hear of its release; undefined when it is served. Set by the quarantine. */
  confined: (peer: string) => string | undefined = () => undefined;

  /** Calls `listener` with each peer that is shut out. */
  onPenalty(listener: PenaltyListener): void {
    this.#penaltyListeners.push(listener);
  }

  /** Takes up a penalty of an earlier run. */
  restore(peer: string, { strikes, struckAt, until }: Penalty): void {
    const state = this.#peers.get(peer) ?? freshState(this.#clock.now(), this.#budgets);
    this.#peers.set(peer, { ...state, strikes, struckAt, until, lacking: 'failures' });
  }

  /** Charges a peer. False: refuse what it asks for. */
  charge(peer: string, kind: Kind, amount = 1): boolean {
    const now = this.#clock.now();
    const { verdict, state } = decide(
      this.#peers.get(peer) ?? freshState(now, this.#budgets),
      kind,
      amount,
      now,
      this.#budgets,
    );
    this.#remember(peer, state, now);
    if (verdict === 'penalize') {
      this.#metrics.count('zerostate_peers_penalized_total');
      this.#log.warn(
        { peer, strikes: state.strikes, seconds: Math.round((state.until - now) / 1000) },
        'peer shut out: it keeps sending invalid objects',
      );
      for (const listener of this.#penaltyListeners) listener(peer, penaltyOf(state));
    }
    return verdict === 'accept';
  }

  /** Takes one request of a protocol, of the peer's budget for it and of its messages. False: refuse it. */
  ask(peer: string, lane: Lane): boolean {
    const now = this.#clock.now();
    const before = this.#peers.get(peer) ?? freshState(now, this.#budgets);
    const { verdict, state } = decideLane(before, lane, now, this.#budgets);
    this.#remember(peer, state, now);
    return verdict === 'accept';
  }

  #remember(peer: string, state: PeerState, now: number): void {
    this.#peers.delete(peer);
    this.#peers.set(peer, state);
    if (this.#peers.size > PEERS_MAX) this.#forgetOne(now);
  }

  /** Books an object that proved invalid. */
  failed(peer: string): void {
    this.charge(peer, 'failures');
  }

  /** True while a peer is shut out. */
  isPenalized(peer: string): boolean {
    return isShutOut(this.#peers.get(peer) ?? { until: 0 }, this.#clock.now());
  }

  /** Peers remembered, with what they have left. */
  list(): Standing[] {
    return [...this.#peers.keys()].map((peer) => this.standing(peer));
  }

  /** One peer's standing; a stranger has everything left. */
  standing(peerId: string): Standing {
    const now = this.#clock.now();
    const state = refilled(this.#peers.get(peerId) ?? freshState(now, this.#budgets), now, this.#budgets);
    const penalized = isShutOut(state, now);
    const recently = state.lacking !== null && now - state.refusedAt < LIMITED_SHOWN_MS;
    const empty = recently ? state.lacking : KINDS.find((kind) => state.left[kind] < 1);
    return {
      peerId,
      state: penalized ? 'penalized' : empty == null ? 'ok' : 'limited',
      reason: penalized ? REASONS.failures : empty == null ? '' : REASONS[empty],
      untilMs: penalized ? state.until : 0,
      strikes: state.strikes,
      refused: state.refused,
      left: Object.fromEntries(
        KINDS.map((kind) => [kind, Math.max(0, state.left[kind]) / this.#budgets[kind].burst]),
      ) as Record<Kind, number>,
    };
  }

  #forgetOne(now: number): void {
    let looked = 0;
    for (const [peer, state] of this.#peers) {
      if (!isShutOut(state, now) || ++looked > PENALIZED_LOOKED_PAST) {
        this.#peers.delete(peer);
        return;
      }
    }
  }
}

function penaltyOf({ strikes, struckAt, until }: PeerState): Penalty {
  return { strikes, struckAt, until };
}
