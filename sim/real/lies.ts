// What adversaries among real nodes do by themselves, and what came of it: heartbeats of their roles, keys that sign two histories, and what
// honest nodes know and believe at the end.

import type { ZerostateNode } from '../../node/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import type { Metrics, Scenario } from '../scenario/index.ts';
import type { Fleet } from './fleet.ts';
import type { Timeline } from './timeline.ts';

/** Between two heartbeats of a role, in milliseconds: as often as gossip's own. */
const TICK_MS = 1_000;
const SECOND_US = 1_000_000;
/** Names of all cards that a run writes. */
const WRITTEN = /^Agent (?:\d+|[ab] of \d+)$/;

/** A small valid draft of a card. */
export const draft = (name: string) => ({
  name,
  description: `${name} does one thing and does it well.`,
  capabilities: [{ name: 'do', description: `What ${name} does.`, tags: ['test'] }],
  tags: ['test'],
  prices: [],
  sla: 'standard',
});

/** Lets the adversaries act from now on until the end of the run; answers the numbers of what came of it. */
export function scheduleLies(fleet: Fleet, scenario: Scenario, time: Timeline): () => Metrics {
  const { cast } = fleet;
  if (cast.size === 0) return () => ({});
  const end = time.nowUs + scenario.seconds * SECOND_US;
  const forked: string[] = [];
  cast.onEquivocate = ([one, other]) => {
    if (!fleet.isHere(one) || !fleet.isHere(other)) return;
    forked.push(logOf(fleet.nodes[one]!));
    // Both write at once: from here on their log has two histories. What either thinks of it afterwards does not matter.
    for (const [n, which] of [
      [one, 'a'],
      [other, 'b'],
    ] as const)
      fleet.nodes[n]!.cards.publish(draft(`Agent ${which} of ${one}`)).catch(() => {});
  };
  const tick = (): void => {
    cast.tick();
    if (time.nowUs < end) time.after(TICK_MS, tick);
  };
  time.after(TICK_MS, tick);
  return () => {
    const honest = fleet.nodes.filter((_, n) => cast.isHonest(n) && fleet.isHere(n));
    const known = forked.reduce(
      (sum, origin) => sum + honest.filter(({ forks }) => forks.has(origin)).length,
      0,
    );
    const { spoilt, unanswered, withheld } = cast.deeds;
    return {
      'adversaries.withheld': withheld,
      'adversaries.spoilt': spoilt,
      'adversaries.unanswered': unanswered,
      ...(forked.length === 0
        ? {}
        : { 'forks.count': forked.length, 'forks.coverage': known / (forked.length * honest.length) }),
    };
  };
}

/** Cards that honest nodes believe, and the first of them that no writer of the run has made. */
export function unwritten(fleet: Fleet): { readonly looked: number; readonly detail: string } {
  const honest = fleet.nodes.filter((_, n) => fleet.cast.isHonest(n));
  const cards = honest.flatMap(({ book }) => book.list());
  const strange = cards.find(({ card }) => !WRITTEN.test(card.name));
  return {
    looked: cards.length,
    detail: strange === undefined ? '' : `nobody wrote the card ${strange.card.name}`,
  };
}

/** Logs of keys that are on two machines: what nodes hold of them may differ for good. */
export function forkedLogs({ cast, nodes }: Fleet): ReadonlySet<string> {
  return new Set(cast.pairs.map(([one]) => logOf(nodes[one]!)));
}

const logOf = ({ host }: ZerostateNode): string => originOf(String(host.peerId));
