// Does what a comparison with a peer asks for: writes down forks, looks at older heads, pulls what is missing. One bad log does not keep
// the others from being pulled.

import type { PeerId } from '@libp2p/interface';
import { isZeroError } from '../../protocol/errors/index.ts';
import { verifyEquivocation } from '../../protocol/log/index.ts';
import type { planSync } from '../../protocol/sync/index.ts';
import type { Liars } from './liars.ts';
import { compareOlder } from './older-head.ts';
import { pullAll, type WantedLog } from './pull-all.ts';
import type { Puller } from './puller.ts';
import type { SyncDeps } from './sync-service.ts';

/** Heads of one answer that are compared although they are behind ours: each costs a signature and a proof. */
const BEHIND_CHECKED_MAX = 64;

export interface FollowerDeps extends Pick<SyncDeps, 'forks' | 'log' | 'metrics' | 'store'> {
  readonly puller: Puller;
  readonly liars: Liars;
}

/** Follows comparisons. */
export class Follower {
  readonly #deps: FollowerDeps;
  #brought = 0;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** Logs that rounds made longer. What gossip brings does not count: it needs no round. */
  get brought(): number {
    return this.#brought;
  }

  /** Throws what the first log failed with, when the others were tried; at once when the peer is gone or lies. */
  async follow(peer: PeerId, plan: ReturnType<typeof planSync>): Promise<void> {
    const { forks, log, metrics, puller } = this.#deps;
    for (const refused of plan.refused) {
      metrics.count('zerostate_sync_refused_total', { reason: 'bad-head' });
      log.warn({ peer: peer.toString(), code: refused.code }, 'peer sent an invalid head');
    }
    for (const { mine, theirs } of plan.forks)
      await forks.add(verifyEquivocation({ first: mine, second: theirs.text, proof: [] }));
    for (const head of plan.behind.slice(0, BEHIND_CHECKED_MAX)) await compareOlder(this.#deps, head);
    const endsAll = (error: unknown) =>
      !isZeroError(error) || error.code === 'PEER_UNREACHABLE' || this.#deps.liars.has(peer);
    const failure: unknown = await pullAll(plan.fetch, (one) => this.#bring(peer, one), endsAll).catch(
      (error: unknown) => error,
    );
    if (failure !== undefined && endsAll(failure)) throw failure;
    await puller.bodies.round(peer);
    if (failure !== undefined) throw failure;
  }

  /** Pulls one log. That it is full or forked is written down elsewhere, and no failure of the round. */
  async #bring(peer: PeerId, { origin, to }: WantedLog): Promise<void> {
    const { puller, store } = this.#deps;
    const before = store.state(origin).size;
    try {
      await puller.pull(peer, origin, to);
    } catch (error) {
      if (!isZeroError(error) || (error.code !== 'QUOTA_EXCEEDED' && error.code !== 'LOG_FORKED'))
        throw error;
    } finally {
      if (store.state(origin).size > before) this.#brought += 1;
    }
  }
}
