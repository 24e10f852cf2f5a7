// What happens when nobody takes what a command prints: a command that answers has no more to do, a process that serves others goes on.

import { reportError } from './output.ts';

let isServing = false;

/** From here on this process serves others: where its output can not be written, it goes on without. */
export function outliveOutput(): void {
  isServing = true;
}

/** Decides what a failing stream means; `exit` ends the process. Once a process, before anything is printed. */
export function watchOutput(exit: () => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (isServing) return;
      // Who reads has seen enough (`zerostate peers | head`): that is no failure, and there is nobody to tell more.
      if (error.code !== 'EPIPE' && stream === process.stdout) reportError({}, error);
      exit();
    });
}
