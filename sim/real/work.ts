// What the nodes of a run do: writers publish cards of fresh agents and revoke some, at times that the seed draws. And what must hold.

import type { ZerostateNode } from '../../node/index.ts';
import { randomStream } from '../random.ts';
import type { CheckResult, Scenario } from '../scenario/index.ts';
import type { Arrivals } from './arrivals.ts';
import type { Fleet } from './fleet.ts';
import type { Timeline } from './timeline.ts';
import type { Kind } from './watch.ts';

const SECOND_MS = 1_000;
/** Who is away when it is to write looks again after this time, in milliseconds. */
const AGAIN_MS = SECOND_MS;
const SECOND_US = 1_000_000;

export interface WorkOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly fleet: Fleet;
  readonly time: Timeline;
  readonly arrivals: Arrivals;
}

/** A small valid draft. */
const draft = (name: string) => ({
  name,
  description: `${name} does one thing and does it well.`,
  capabilities: [{ name: 'do', description: `What ${name} does.`, tags: ['test'] }],
  tags: ['test'],
  prices: [],
  sla: 'standard',
});

/** Sets the workload in motion; judge() answers what must hold at the end. */
export function scheduleWork({ scenario, seed, fleet, time, arrivals }: WorkOptions) {
  const origin = time.nowUs;
  const acknowledged: { readonly kind: Kind; readonly id: string; readonly node: number }[] = [];
  const failures: string[] = [];
  const { statements, revocations } = scenario.workload;
  const choice = randomStream(seed, 'writers');
  const writers = Array.from({ length: fleet.nodes.length }, (_, n) => n);
  for (let at = writers.length - 1; at > 0; at--) {
    const other = choice.below(at + 1);
    [writers[at], writers[other]] = [writers[other]!, writers[at]!];
  }
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

  if (statements !== undefined && statements.writers > 0) {
    const times = randomStream(seed, 'statements');
    const end = (statements.fromSeconds + statements.forSeconds) * SECOND_MS;
    let at = statements.fromSeconds * SECOND_MS;
    for (let number = 0; statements.perSecond > 0; number++) {
      at += times.exponential(SECOND_MS / statements.perSecond);
      if (at > end) break;
      const node = writers[times.below(statements.writers)]!;
      time.after(at, () =>
        act(node, async ({ cards }) => {
          const began = time.nowUs;
          const { agentId } = await cards.publish(draft(`Agent ${number}`));
          arrivals.published('card', agentId, node, began);
          acknowledged.push({ kind: 'card', id: agentId, node });
        }),
      );
    }
  }
  for (let number = 0; number < (revocations?.count ?? 0); number++) {
    const node = writers[number % writers.length]!;
    const at = (revocations!.fromSeconds + number * revocations!.everySeconds) * SECOND_MS;
    let owned: string | undefined;
    act(node, async ({ cards }) => {
      owned = (await cards.publish(draft(`Revoked ${number}`))).agentId;
    });
    time.after(at, () =>
      act(node, async ({ cards, revocations: desk }) => {
        const agentId = owned ?? (await cards.publish(draft(`Revoked ${number}`))).agentId;
        const began = time.nowUs;
        await desk.revoke(agentId, 'simulation', false);
        arrivals.published('revoked', agentId, node, began);
        acknowledged.push({ kind: 'revoked', id: agentId, node });
      }),
    );
  }

  return {
    /** Looks at what must hold now, and at what must hold at the end. */
    judge(isEnd: boolean): CheckResult[] {
      const at = (time.nowUs - origin) / SECOND_US;
      const lost = acknowledged.filter(
        ({ node, id }) => fleet.isHere(node) && fleet.nodes[node]!.book.get(id as never) === undefined,
      );
      const first =
        failures[0] ?? (lost[0] === undefined ? '' : `${lost[0].id} is gone from node ${lost[0].node}`);
      const here = fleet.nodes.filter((_, n) => fleet.isHere(n));
      const states = new Set(here.map((node) => JSON.stringify(headsOf(node.store.states()))));
      const { churn, healSeconds, partitions } = scenario.network;
      const isHealed = healSeconds > 0 || (partitions.length === 0 && churn.share === 0);
      const checks: CheckResult[] = [
        {
          name: 'acknowledged-kept',
          kind: 'safety',
          ok: first === '',
          looked: acknowledged.length,
          detail: first,
          at: first === '' ? -1 : at,
        },
      ];
      if (isEnd && isHealed)
        checks.push({
          name: 'converged',
          kind: 'liveness',
          ok: states.size <= 1,
          looked: here.length,
          detail: states.size <= 1 ? '' : `${states.size} different states of the logs`,
          at: states.size <= 1 ? -1 : at,
        });
      return checks;
    },
  };
}

function headsOf(
  states: readonly { readonly origin: string; readonly size: number; readonly root: Uint8Array }[],
) {
  return states
    .filter(({ size }) => size > 0)
    .map(({ origin, size, root }) => `${origin} ${size} ${Buffer.from(root).toString('hex')}`)
    .sort();
}
