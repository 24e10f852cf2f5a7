// Mocha's dots, and beside them a line for each test in the file that TEST_LOG names: when a stage is killed for being late,
// `scripts/test.ts` reads there which files have not reported, and what had failed by then. It must not hold a test back.

import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

const LINE_CHARACTERS_MAX = 2_000;

export default class FileReporter extends Mocha.reporters.Dot {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const log = process.env.TEST_LOG;
    if (log === undefined) return;
    const write = (test: Mocha.Runnable, failure: string): void => {
      const line = JSON.stringify([test.file ?? '', test.fullTitle(), failure.slice(0, LINE_CHARACTERS_MAX)]);
      appendFileSync(log, `${line}\n`);
    };
    runner.on('pass', (test) => write(test, ''));
    runner.on('fail', (test, error: unknown) =>
      write(test, String((error as Error)?.stack ?? error) || 'failed'),
    );
  }
}
