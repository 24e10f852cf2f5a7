// Nodes of one process for the benchmarks of the network, and waiting that measures. Real hosts over loopback TCP, real databases.

import { setImmediate as breath } from 'node:timers/promises';
import type { RunningNode } from '../../node/index.ts';
import { addressOf, TestNodes } from '../support/nodes.ts';

const SETTLE_MS_MAX = 60_000;

/** A network that has settled: every node has neighbours, and its gossip meshes stand. */
export interface BenchNetwork extends AsyncDisposable {
  readonly nodes: TestNodes;
  readonly all: readonly RunningNode[];
}

/** Starts `count` nodes, the first one the boot node. */
export async function startNetwork(
  count: number,
  config: Record<string, unknown> = {},
): Promise<BenchNetwork> {
  const nodes = new TestNodes();
  const first = await nodes.start('n-0', { roles: ['boot'], ...config });
  const all = [first];
  for (let i = 1; i < count; i++)
    all.push(await nodes.start(`n-${i}`, { join: [addressOf(first)], ...config }));
  const topic = '/zerostate/test/heads/1';
  const meshed = ({ node }: RunningNode) => node.host.services.pubsub.getSubscribers(topic).length;
  await until(() => all.every((one) => meshed(one) >= Math.min(count - 1, 4)), SETTLE_MS_MAX);
  return { nodes, all, [Symbol.asyncDispose]: () => nodes[Symbol.asyncDispose]() };
}

/** Waits, looking at every turn of the event loop; answers the milliseconds. Throws after `msMax`. */
export async function until(done: () => boolean, msMax: number): Promise<number> {
  const started = performance.now();
  while (!done()) {
    if (performance.now() - started > msMax) throw new Error(`waited ${msMax} ms`);
    await breath();
  }
  return performance.now() - started;
}

/** The value that a share `p` (0 to 1) of the samples does not exceed. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * p) - 1)] ?? Number.NaN;
}
