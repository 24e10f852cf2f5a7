// Other work that keeps the processors busy while something is measured: loops that do nothing else, a process each.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { endWithUs } from '../support/own-children.ts';

/** Loops for each core: what is measured then gets a fifth of it while all want it. */
const LOOPS_A_CORE = 4;

/** Keeps every core busy until it is disposed of. */
export function burners(): Disposable {
  const loops = Array.from({ length: LOOPS_A_CORE * availableParallelism() }, () =>
    endWithUs(spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' })),
  );
  return {
    [Symbol.dispose]() {
      for (const loop of loops) loop.kill('SIGKILL');
    },
  };
}
