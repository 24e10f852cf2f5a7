// What a question tells: whoever asks for heads names what it holds itself, so that the one who is asked need not ask back.

import type { PeerId } from '@libp2p/interface';
import { type Head, type HeadsRequest, planSync, type SyncPlan } from '../../protocol/sync/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';

/** Heads of one question that are looked at because they are not ours: each costs a signature. The rest comes with a round. */
const LEARNED_MAX = 256;

export interface LearnerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly held: () => ReadonlyMap<string, Head>;
  /** Pulls what a plan asks for. May reject. */
  readonly follow: (peer: PeerId, plan: SyncPlan) => Promise<void>;
  /** Told that a peer has named all that it holds. */
  readonly onHeard: (peer: PeerId, at: number) => void;
  /** Told of a peer that named a head which nobody signed. */
  readonly onLiar: (peer: PeerId) => void;
  /** Told that all that the peer named is here: it has been compared with. */
  readonly onLearned: (peer: PeerId, at: number) => void;
}

/** Learns from questions, one at a time of each peer. */
export class Learner {
  readonly #deps: LearnerDeps;
  readonly #learning = new Set<string>();

  constructor(deps: LearnerDeps) {
    this.#deps = deps;
  }

  /** Takes a question. One that names only a part of what its sender holds tells too little. */
  take(peer: PeerId, { after, upTo, heads }: HeadsRequest): void {
    const { clock, follow, held, log, onHeard, onLearned, onLiar } = this.#deps;
    const id = peer.toString();
    if (after !== null || upTo !== null || this.#learning.has(id)) return;
    const now = clock.now();
    onHeard(peer, now);
    const mine = held();
    const known = new Set([...mine.values()].map(({ checkpoint }) => checkpoint));
    const news = heads.filter((text) => !known.has(text));
    if (news.length === 0) {
      onLearned(peer, now);
      return;
    }
    const plan = planSync(mine, news.slice(0, LEARNED_MAX));
    if (plan.refused.length > 0) {
      onLiar(peer);
      return;
    }
    this.#learning.add(id);
    void follow(peer, plan)
      .then(() => {
        if (news.length <= LEARNED_MAX) onLearned(peer, now);
      })
      .catch((error: Error) => log.debug({ peer: id, error: error.message }, 'a question was not followed'))
      .finally(() => this.#learning.delete(id));
  }
}
