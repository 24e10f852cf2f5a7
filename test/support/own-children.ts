// Processes that a test or a benchmark has started end with it, also where it is called off in the middle: whoever comes next has the machine for itself.

import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
process.on('exit', killAll);

/** Kills the process when this one ends, if it has not ended before; at a signal only where {@link endAtSignals} was called. */
export function endWithUs<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Has SIGINT and SIGTERM end what was started, and then this process as they would have. */
export function endAtSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      killAll();
      process.kill(process.pid, signal);
    });
}
