// The process of one run of tier T0: slows the sockets down before anything of the node is imported, runs, answers, and waits to be ended.

import { flushCompileCache } from 'node:module';
import { Wire } from '../net/wire.ts';
import type { FromRun, ToRun } from './messages.ts';
import { type OnPiece, slowNodes } from './tcp-links.ts';
import { ReliableWire } from './wire.ts';

let wire: ReliableWire | undefined;
let onPiece: OnPiece = () => {};
slowNodes(
  () => wire,
  (from, to, bytes) => onPiece(from, to, bytes),
);
const tell = (message: FromRun): void => {
  process.send?.(message);
};

async function serve({ isTraced, scenario, seed }: ToRun): Promise<void> {
  const model = new Wire(scenario, seed);
  wire = new ReliableWire(model);
  const { runTcp } = await import('./run-tcp.ts');
  const result = await runTcp({
    scenario,
    seed,
    model,
    wire,
    tell,
    isTraced,
    listen(told) {
      onPiece = told;
    },
  });
  // This process is ended, not left to end: nothing would be kept.
  flushCompileCache();
  tell({ kind: 'result', result, memoryBytes: process.memoryUsage().rss });
}

process.once('message', (order: ToRun) => {
  serve(order).catch((error: Error) => tell({ kind: 'failure', message: error.stack ?? error.message }));
});
// The parent is gone.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
