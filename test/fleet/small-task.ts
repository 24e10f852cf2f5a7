// The task of a load: the smallest example module, on members that are named.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeTask } from '../../node/tasks/order.ts';

const MODULE = new Uint8Array(
  readFileSync(join(import.meta.dirname, '../../examples/tasks/mandelbrot/mandelbrot.wasm')),
);

/** A task for one of these agents, within so many seconds. */
export function smallTask(members: readonly string[], seconds: number) {
  return {
    ...completeTask({
      name: 'soak',
      capability: 'draw a set',
      members: [...members],
      deadlineSeconds: seconds,
    }),
    module: MODULE,
    stdin: new Uint8Array(),
    inputs: {},
  };
}
