// The process of one run of tier T1: replaces the globals before anything of the node is imported, runs, answers, and waits to be ended.
// The parent is tier.ts; started with a thread pool of one thread.

import { flushCompileCache } from 'node:module';
import { replaceGlobals, takeMachine } from './globals.ts';
import type { FromRun, ToRun } from './messages.ts';
import { World } from './world.ts';

const machine = takeMachine();
const tell = (message: FromRun): void => {
  process.send?.(message);
};

async function serve({ scenario, seed, isTraced }: ToRun): Promise<void> {
  const world = new World(seed, machine);
  replaceGlobals(world);
  const { runVirtual } = await import('./run-virtual.ts');
  const result = await runVirtual({ scenario, seed, world, tell, isTraced });
  // This process is ended, not left to end: nothing would be kept.
  flushCompileCache();
  tell({ kind: 'result', result, memoryBytes: process.memoryUsage().rss });
}

process.once('message', (order: ToRun) => {
  serve(order).catch((error: Error) => tell({ kind: 'failure', message: error.stack ?? error.message }));
});
// The parent is gone: real code may have left timers and threads behind that would keep the process.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
