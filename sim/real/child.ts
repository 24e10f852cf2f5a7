// The process of one run of tier T1: replaces the globals before anything of the node is imported, runs, answers, and waits to be ended.
// The parent is tier.ts; started with a thread pool of one thread.

import { flushCompileCache } from 'node:module';
import { replaceGlobals, takeMachine } from './globals.ts';
import { Journal } from './journal.ts';
import type { FromRun, Question, ToRun } from './messages.ts';
import type { VirtualRun } from './run-virtual.ts';
import { World } from './world.ts';

const machine = takeMachine();
let journal: Journal | undefined;
const tell = (message: FromRun): void => {
  // Whoever has heard the last word may end this process.
  if (message.kind !== 'trace') journal?.flush();
  process.send?.(message);
};

async function begin(order: ToRun): Promise<VirtualRun> {
  const { scenario, seed, isTraced } = order;
  if (order.journal !== undefined) {
    const opened = new Journal(order.journal);
    journal = opened;
    machine.work.listener = (what) => opened.add(what);
  }
  const world = new World(seed, machine, journal);
  replaceGlobals(world);
  const { beginVirtual } = await import('./run-virtual.ts');
  const begun = await beginVirtual({ scenario, seed, world, tell, isTraced });
  // This process is ended, not left to end: nothing would be kept.
  flushCompileCache();
  return begun;
}

async function serve(order: ToRun): Promise<void> {
  const virtual = await begin(order);
  if (order.kind === 'open') {
    tell({ kind: 'answer', now: virtual.run.now, value: null });
    process.on('message', (question: Question) => void answer(virtual, question));
    return;
  }
  await virtual.run.advance(order.scenario.seconds);
  const result = virtual.result();
  await virtual.run.stop();
  tell({ kind: 'result', result, memoryBytes: process.memoryUsage().rss });
}

/** Answers a question about an open run. */
async function answer(virtual: VirtualRun, question: Question): Promise<void> {
  const { run } = virtual;
  try {
    tell({ kind: 'answer', value: await answerTo(virtual, question), now: run.now });
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    tell({ kind: 'refusal', code: code ?? 'SIMULATION_FAILED', message });
  }
}

async function answerTo(virtual: VirtualRun, question: Question): Promise<unknown> {
  const { run } = virtual;
  switch (question.kind) {
    case 'advance':
      return await run.advance(question.until);
    case 'inspect':
      return run.inspect(question.node);
    case 'overview': {
      const { checks, events, metrics, virtualSeconds } = virtual.result();
      const broken = checks.filter(({ ok }) => !ok);
      return { seconds: virtualSeconds, events, ...run.nodes, broken, metrics };
    }
    case 'result':
      return virtual.result();
    case 'close':
      await run.stop();
      return null;
  }
}

process.once('message', (order: ToRun) => {
  serve(order).catch((error: Error) => tell({ kind: 'failure', message: error.stack ?? error.message }));
});
// The parent is gone: real code may have left timers and threads behind that would keep the process.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
