// Discovery end to end: words in at one node, validated cards out. The nodes share two processes; every link is slow from before the
// first node starts. Cold is a node's first question, in a network at rest, warm are the later ones. Every text is new.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Fleet } from '../fleet/fleet.ts';
import type { Bench } from './bench.ts';
import { ONE_WAY_MS, percentile, startFleet, untilQuiet } from './network-rig.ts';

const CEILING_MS = 300;
const LIMIT = 5;
const SETTLE_MS_MAX = 60_000;
/** The index's own process: its encoder works there while the others ask. */
const INDEX_HOST = 0;
const CARDS = new URL('../../examples/cards/', import.meta.url);
const WISHES = ['please find somebody for', 'I need help with', 'who knows about', 'is there an agent for'];
const TOPICS = ['an invoice', 'a train to Vienna', 'rain on Sunday', 'a sonnet', 'fractions', 'a contract'];

export const bench: Bench = {
  name: 'discover',
  summary: `ms from words to validated cards, links of ${ONE_WAY_MS} ms one way (a round trip takes ${2 * ONE_WAY_MS} ms); a node's first question and later ones`,
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note }) {
    const count = sizes(12, 50);
    const rounds = sizes(60, 100);
    const since = performance.now();
    const stage = (what: string) =>
      note(`discover: ${what} after ${Math.round((performance.now() - since) / 1000)} s`);
    await using fleet = await startFleet(count - 1);
    stage('nodes connected');
    const edges = fleet.names.slice(1);
    const cards = await publishExamples(fleet);
    await fleet.startNode('index', INDEX_HOST, { roles: ['index'] });
    await fleet.until((all) => all.every((one) => one.cards >= cards), SETTLE_MS_MAX);
    stage('cards everywhere');
    let asked = 0;
    const ask = async (name: string) => {
      const text = `${WISHES[asked % WISHES.length]} ${TOPICS[asked % TOPICS.length]} and case ${asked++}`;
      return await fleet.on(name, 'find', { name, text, limit: LIMIT });
    };
    // The index has answered before, as one that has run for a while; nobody else has asked anything.
    await fleet.until((all) => all.every((one) => one.indexes > 0 || one.name === 'index'), SETTLE_MS_MAX);
    await ask('index');
    stage('index known');
    // So many nodes on one machine are busy for a while with each other's start; that is not what a first question costs.
    await untilQuiet(fleet);
    stage('at rest');
    for (const [name, askers] of [
      ['cold', edges],
      ['warm', Array.from({ length: rounds }, (_, i) => edges[i % edges.length]!)],
    ] as const) {
      const outcomes = [];
      for (const asker of askers) outcomes.push(await ask(asker));
      const times = outcomes.map(({ ms, results }) => (results > 0 ? ms : Number.POSITIVE_INFINITY));
      const failed = outcomes.filter(({ results }) => results === 0);
      const shown = outcomes.reduce((sum, { results }) => sum + results, 0);
      const computed = outcomes.reduce((sum, one) => sum + one.computed, 0);
      note(
        `discover, ${name}: p50 ${percentile(times, 0.5).toFixed(0)}, p95 ${percentile(times, 0.95).toFixed(0)}, most ${Math.max(...times).toFixed(0)} ms of ${times.length} questions; ${failed.length} without an answer${failed[0] === undefined ? '' : ` (${failed[0].error ?? 'empty'})`}; ${((100 * computed) / Math.max(1, shown)).toFixed(0)} % of the scores computed again in time`,
      );
      report({
        case: `${name}, p95`,
        sizes: { nodes: count, cards, questions: times.length, oneWayMs: ONE_WAY_MS },
        ours: percentile(times, 0.95),
        peer: CEILING_MS,
        peerName: 'the ceiling',
        unit: 'ms',
        better: 'lower',
      });
    }
  },
};

/** Publishes the example cards, spread over the nodes; answers how many. */
async function publishExamples(fleet: Fleet): Promise<number> {
  const drafts = readdirSync(CARDS)
    .filter((file) => file.endsWith('.yaml'))
    .map((file): unknown => parse(readFileSync(new URL(file, CARDS), 'utf8')));
  await Promise.all(
    fleet.names.map((name, at) => {
      const own = drafts.filter((_, i) => i % fleet.names.length === at);
      return fleet.on(name, 'publishDrafts', { name, drafts: own });
    }),
  );
  return drafts.length;
}
