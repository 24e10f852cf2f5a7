// How long a comparison of logs takes between two nodes: a question that the other has to answer, and its answer.

import { setTimeout as delay } from 'node:timers/promises';
import type { RunningNode } from '../../node/index.ts';

const PAUSE_MS = 50;

/** Milliseconds of each of `count` comparisons, one after another; Infinity for one that was not answered. */
export async function comparisons(from: RunningNode, to: RunningNode, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const answered = await from.node.sync.syncWith(to.node.host.peerId);
    times.push(answered ? performance.now() - started : Number.POSITIVE_INFINITY);
    await delay(PAUSE_MS);
  }
  return times;
}
