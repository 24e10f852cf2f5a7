// A worker thread of the simulator: takes one seed after another.

import { parentPort } from 'node:worker_threads';
import { isZeroError } from '../../protocol/errors/index.ts';
import { runJob } from './job.ts';
import type { FromWorker, Job } from './messages.ts';

const port = parentPort!;
const say = (message: FromWorker) => port.postMessage(message);

port.on('message', (job: Job) => {
  const progress = (virtualSeconds: number, events: number) =>
    say({ kind: 'progress', virtualSeconds, events });
  runJob(job, { progress }).then(
    (result) => say({ kind: 'result', result }),
    (error: unknown) =>
      say({
        kind: 'failure',
        code: isZeroError(error) ? error.code : 'SIMULATION_FAILED',
        message: error instanceof Error ? error.message : String(error),
      }),
  );
});
