// Mocha's dots, and beside them a line for each test in the file that TEST_REPORT names: when a stage is killed for being late,
// `scripts/test.ts` reads there which files have not reported, and what had failed by then. It must not hold a test back.

import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

const LINE_CHARACTERS_MAX = 2_000;
/** After the last test, in ms: a process that lives on then has left something open, and would wait for its stage's limit. */
const LINGER_MS_MAX = 20_000;

export default class FileReporter extends Mocha.reporters.Dot {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const log = process.env.TEST_REPORT;
    if (log === undefined) return;
    const write = (test: Pick<Mocha.Runnable, 'file' | 'fullTitle' | 'duration'>, failure: string): void => {
      const line = JSON.stringify([
        test.file ?? '',
        test.fullTitle(),
        failure.slice(0, LINE_CHARACTERS_MAX),
        test.duration ?? 0,
      ]);
      appendFileSync(log, `${line}\n`);
    };
    runner.once('end', () => {
      setTimeout(() => {
        write(
          { file: '', fullTitle: () => 'after the last test' },
          `left open: ${process.getActiveResourcesInfo().join(', ')}`,
        );
        process.kill(process.pid, 'SIGKILL');
      }, LINGER_MS_MAX).unref();
    });
    runner.on('pass', (test) => write(test, ''));
    runner.on('fail', (test, error: unknown) =>
      write(test, String((error as Error)?.stack ?? error) || 'failed'),
    );
  }
}
