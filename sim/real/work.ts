// What the nodes of a run do: writers publish cards of fresh agents and revoke some, at times that the seed draws. And what must hold.

import type { ZerostateNode } from '../../node/index.ts';
import { Ground } from '../cores/ground.ts';
import { planWriting } from '../cores/writers.ts';
import type { CheckResult, Scenario } from '../scenario/index.ts';
import type { Arrivals } from './arrivals.ts';
import type { Fleet } from './fleet.ts';
import { draft, forkedLogs } from './lies.ts';
import { type Acknowledged, Safety } from './safety.ts';
import type { Timeline } from './timeline.ts';
import type { Kind } from './watch.ts';

const SECOND_MS = 1_000;
/** Who is away when it is to write looks again after this time, in milliseconds. */
const AGAIN_MS = SECOND_MS;
const SECOND_US = 1_000_000;
const MS = 1_000;

export interface WorkOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly fleet: Fleet;
  readonly time: Timeline;
  readonly arrivals: Arrivals;
}

/** Sets the workload in motion; judge() answers what must hold at the end. */
export function scheduleWork({ scenario, seed, fleet, time, arrivals }: WorkOptions) {
  const origin = time.nowUs;
  const acknowledged: Acknowledged[] = [];
  const failures: string[] = [];
  // Who writes what and when is drawn as in T2: the same seed is the same work.
  const { planned, writers } = planWriting(new Ground(scenario, seed, {}));
  /** Does something at a node, as soon as it is there: again, when it went in the middle of it without an answer. */
  const act = (node: number, what: (at: ZerostateNode) => Promise<void>): void => {
    const again = () => time.after(AGAIN_MS, () => act(node, what));
    if (!fleet.isHere(node)) {
      again();
      return;
    }
    const at = fleet.nodes[node]!;
    what(at).catch((error: Error) => {
      if (fleet.isHere(node) && fleet.nodes[node] === at) failures.push(error.message);
      else again();
    });
  };

  for (const [number, { at, kind, log }] of planned.entries()) {
    if (at > scenario.seconds * SECOND_US) continue;
    const node = writers[log]!;
    // What an equivocator writes is no work of this list.
    if (!fleet.cast.isHonest(node)) continue;
    const publish = async ({ cards }: ZerostateNode): Promise<string> =>
      (await cards.publish(draft(`Agent ${number}`))).agentId;
    let owned: string | undefined;
    // There must be something to revoke.
    if (kind === 'revocation')
      act(node, async (its) => {
        owned = await publish(its);
      });
    time.after(at / MS, () =>
      act(node, async (its) => {
        const revoked = kind === 'revocation' ? (owned ?? (await publish(its))) : undefined;
        const began = time.nowUs;
        if (revoked !== undefined) await its.revocations.revoke(revoked, 'simulation', false);
        const id = revoked ?? (await publish(its));
        const what: Kind = revoked === undefined ? 'card' : 'revoked';
        arrivals.published(what, id, node, began);
        acknowledged.push({ id, node });
      }),
    );
  }

  const safety = new Safety(fleet, acknowledged, failures);
  return {
    /** Looks at what must hold now, and at what must hold at the end. */
    judge(isEnd: boolean): CheckResult[] {
      const at = (time.nowUs - origin) / SECOND_US;
      const checks = safety.look(at);
      const { churn, healSeconds, partitions } = scenario.network;
      const isHealed = healSeconds > 0 || (partitions.length === 0 && churn.share === 0);
      if (!isEnd || !isHealed) return checks;
      const here = fleet.nodes.filter((_, n) => fleet.isHere(n) && isReached(fleet, n));
      const forked = forkedLogs(fleet);
      const states = new Set(here.map((node) => JSON.stringify(headsOf(node.store.states(), forked))));
      const isOne = states.size <= 1;
      checks.push({
        name: 'converged',
        kind: 'liveness',
        ok: isOne,
        looked: here.length,
        detail: isOne ? '' : `${states.size} different states of the logs`,
        at: isOne ? -1 : at,
      });
      return checks;
    },
  };
}

/** Nothing is asked of nodes that only adversaries surround. */
function isReached(fleet: Fleet, n: number): boolean {
  const { cast } = fleet;
  return cast.isHonest(n) && fleet.neighbours(n).some((other) => cast.isHonest(other));
}

function headsOf(
  states: readonly { readonly origin: string; readonly size: number; readonly root: Uint8Array }[],
  forked: ReadonlySet<string>,
) {
  return states
    .filter(({ origin, size }) => size > 0 && !forked.has(origin))
    .map(({ origin, size, root }) => `${origin} ${size} ${Buffer.from(root).toString('hex')}`)
    .sort();
}
