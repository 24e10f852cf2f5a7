// A federated query over links of 80 ms round trip with one partner that has stopped answering, against waiting for the slowest. Partners hold
// what is asked for, the asker holds nothing; every answer is verified.

import { slowLinks } from '../fleet/link.ts';
import { logSource } from '../support/log-source.ts';
import {
  ask,
  befriend,
  eventsOf,
  type Organisation,
  PartnerNodes,
  publish,
} from '../support/partner-nodes.ts';
import type { Bench, BenchContext } from './bench.ts';
import { percentile } from './node-rig.ts';

const RTT_MS = 80;
/** What waiting for the slowest waits for one that is dead (milliseconds): the deadline of a query when nobody says otherwise. */
const DEADLINE_MS = 2_000;
/** Answers from which the asker learns how long its partners take. */
const WARM_ROUNDS = 20;
const budget = { queriesPerMinute: 60_000 };

interface Times {
  /** Answers in which more than the dead partner is missing. */
  short: number;
  readonly whole: number[];
  readonly first: number[];
}

async function measure(
  asker: Organisation,
  rounds: number,
  partners: number,
  waitForAll: boolean,
): Promise<Times> {
  const times: Times = { short: 0, whole: [], first: [] };
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    let first = Number.NaN;
    const options = { deadlineMs: DEADLINE_MS, waitForAll };
    const events = await ask(asker, options, {}, (event) => {
      if (event.kind === 'row') first = Number.isNaN(first) ? performance.now() - started : first;
    });
    times.whole.push(performance.now() - started);
    times.first.push(first);
    // A partner that lives and was not waited for, or rows that are not there.
    const { rows, missing } = eventsOf(events, 'end')[0]!;
    if (rows < partners - 1 || missing.length !== 1) times.short += 1;
  }
  return times;
}

async function run(context: BenchContext): Promise<void> {
  const { nodes, rounds, slowRounds } = context.sizes(
    { nodes: 16, rounds: 200, slowRounds: 10 },
    { nodes: 16, rounds: 1_000, slowRounds: 40 },
  );
  await using world = new PartnerNodes();
  const quiet = { sync: { intervalSeconds: 3_600 } };
  const asker = await world.start('asker', quiet);
  const partners: Organisation[] = [];
  for (let i = 1; i < nodes; i++) {
    const partner = await world.start(`partner-${i}`, quiet);
    await befriend(asker, partner, { budget });
    await publish(partner, `artifact-${i}`);
    partner.running.node.partners.answerFrom(partner.running.node.provenance.source);
    partners.push(partner);
  }
  const { node } = asker.running;
  node.partners.answerFrom(logSource(node.store, { keep: () => false }));
  const dead = partners.at(-1)!.running.node;
  const never = new Promise<void>(() => {});
  using _links = slowLinks({ oneWayMs: RTT_MS / 2 });
  // While all of them live, the asker learns how long they take.
  for (let i = 0; i < WARM_ROUNDS; i++) await ask(asker, { deadlineMs: DEADLINE_MS, waitForAll: true });
  dead.partners.answerFrom(logSource(dead.store, { before: () => never }));
  const ours = await measure(asker, rounds, partners.length, false);
  const peer = await measure(asker, slowRounds, partners.length, true);
  const sizes = { nodes, rttMs: RTT_MS, rounds, short: ours.short };
  context.note(`query-federated: of ${rounds} answers ${ours.short} lack a partner that lives`);
  const unit = { unit: 'ms', better: 'lower' } as const;
  for (const [share, value] of [
    [0.5, 1.25],
    [0.99, 2],
  ] as const)
    context.report({
      ...unit,
      case: `whole answer, p${share * 100}, in round trips`,
      ours: percentile(ours.whole, share),
      peer: RTT_MS,
      peerName: 'injected round trip',
      sizes,
      bar: { sign: '<=', value },
    });
  context.report({
    ...unit,
    case: 'first row, p50, in round trips',
    ours: percentile(ours.first, 0.5),
    peer: RTT_MS,
    peerName: 'injected round trip',
    sizes,
    bar: { sign: '<=', value: 1.25 },
  });
  context.report({
    ...unit,
    case: 'whole answer, p50',
    ours: percentile(ours.whole, 0.5),
    peer: percentile(peer.whole, 0.5),
    peerName: 'wait for the slowest',
    sizes,
  });
}

export const bench: Bench = {
  name: 'query-federated',
  summary: 'a query over partners, one of them dead, against waiting for the slowest; links of 80 ms',
  bar: { sign: '<=', value: 0.1 },
  run,
};
