// A guild's whole life over links of 30 ms one way, so that a round trip takes 60: formed with every other node, one message and its answer
// with each member, dissolved. Cold: the key packages are fetched first. Warm: they are held ready, as after the first guild.
// All nodes share one process: a join costs each of them the same milliseconds of work, and here they wait for each other.

import { slowLinks } from '../fleet/link.ts';
import { draft } from '../support/nodes.ts';
import type { Bench } from './bench.ts';
import { percentile, startNetwork, until } from './node-rig.ts';

const LINK_MS = 30;
/** What is promised for form, execute and dissolve together. */
const CEILING_MS = 2_000;
const SETTLE_MS_MAX = 60_000;
const WORDS = new TextEncoder().encode(
  'one message of a hundred bytes or so, as a task would be asked for'.padEnd(100),
);

export const bench: Bench = {
  name: 'guild',
  summary:
    'ms to form a guild, talk to every member and dissolve it, over links of 30 ms, against the promised 2 s',
  bar: { sign: '<=', value: 1 },
  async run({ sizes, report, note }) {
    const count = sizes(10, 10);
    const rounds = sizes(20, 60);
    await using network = await startNetwork(count);
    const { all } = network;
    const agents: string[] = [];
    for (const [n, { node }] of all.entries()) {
      agents.push((await node.cards.publish(draft(`Guild ${n}`))).agentId);
      node.guilds.handle('bench', async ({ data }) => data);
    }
    await until(() => all.every(({ node }) => node.book.size >= count), SETTLE_MS_MAX);
    slowLinks({ oneWayMs: LINK_MS }, Math.random);
    const owner = all[0]!.node;
    for (const size of [4, count - 1]) {
      const members = agents.slice(1, 1 + size);
      const times: Record<string, number[]> = {
        'form cold': [],
        form: [],
        execute: [],
        dissolve: [],
        whole: [],
      };
      for (let round = 0; round <= rounds; round++) {
        // The first one also dials whom it does not know: that is another question.
        const cold = round <= 3;
        if (!cold) await owner.guilds.prepare(members);
        const began = performance.now();
        const guild = await owner.guilds.create({
          name: 'bench',
          members: members.map((agent) => ({ agent })),
        });
        const formed = performance.now();
        await Promise.all(members.map((agent) => owner.guilds.request(guild.id, agent, 'bench', WORDS)));
        const executed = performance.now();
        await owner.guilds.dissolve(guild.id);
        const ended = performance.now();
        if (round === 0)
          note(`guild of ${size + 1}: the first, with its dialling, took ${Math.round(formed - began)} ms`);
        else if (cold) times['form cold']!.push(formed - began);
        else {
          times.form!.push(formed - began);
          times.execute!.push(executed - formed);
          times.dissolve!.push(ended - executed);
          times.whole!.push(ended - began);
        }
        await until(
          () => all.every(({ node }) => node.guilds.list().every(({ state }) => state !== 'active')),
          SETTLE_MS_MAX,
        );
      }
      for (const [name, samples] of Object.entries(times))
        for (const [label, p] of [
          ['p50', 0.5],
          ['p95', 0.95],
        ] as const)
          report({
            case: `${size + 1} members, ${name} ${label}`,
            sizes: { nodes: count, rounds: samples.length },
            ours: percentile(samples, p),
            peer: CEILING_MS,
            peerName: 'the promised ceiling',
            unit: 'ms',
            better: 'lower',
          });
    }
  },
};
