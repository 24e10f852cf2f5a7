// Runs many seeds on worker threads, as many at once as there are cores. Tiers with real nodes have processes of their own, which are
// driven from here: as many at once, but one alone where it is the machine's time that counts.

import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, errorCodes, ZeroError } from '../../protocol/errors/index.ts';
import type { RunSinks, TierResult } from '../scenario/index.ts';
import { runJob } from './job.ts';
import type { FromWorker, Job } from './messages.ts';

/** Threads at most: each holds a whole run in memory. */
const WORKERS_MAX = 64;

export interface PoolOptions {
  /** Threads; as many as cores unless told. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told of the progress of the job at this place of the list. */
  readonly onProgress?: ((job: number, virtualSeconds: number, events: number) => void) | undefined;
  readonly onResult?: ((job: number, result: TierResult) => void) | undefined;
}

function failure(code: string, message: string): ZeroError {
  return new ZeroError((code in errorCodes ? code : 'SIMULATION_FAILED') as ErrorCode, message);
}

/** Gives one job to a thread and waits for its result. */
async function inThread(worker: Worker, job: Job, onProgress: RunSinks['progress']): Promise<TierResult> {
  const { promise, reject, resolve } = Promise.withResolvers<TierResult>();
  const onMessage = (message: FromWorker) => {
    if (message.kind === 'progress') onProgress?.(message.virtualSeconds, message.events);
    else if (message.kind === 'result') resolve(message.result);
    else reject(failure(message.code, message.message));
  };
  const onError = (error: Error) => reject(failure('SIMULATION_FAILED', error.message));
  const onExit = () => reject(failure('SIMULATION_FAILED', 'the thread of a run ended'));
  worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  try {
    worker.postMessage(job);
    return await promise;
  } finally {
    worker.off('message', onMessage).off('error', onError).off('exit', onExit);
  }
}

/** Runs all jobs; results in their order. Throws the first failure, or CANCELLED-like SIMULATION_FAILED when the signal stops it. */
export async function runJobs(jobs: readonly Job[], options: PoolOptions = {}): Promise<TierResult[]> {
  const { onProgress, onResult, signal, workers = availableParallelism() } = options;
  const results = new Array<TierResult>(jobs.length);
  let next = 0;
  const finish = (at: number, result: TierResult) => {
    results[at] = result;
    onResult?.(at, result);
  };
  const stopped = () => failure('SIMULATION_FAILED', 'the runs were stopped');
  const tiers = new Set(jobs.map(({ scenario }) => scenario.tier));
  if (tiers.has('T0') || tiers.has('T1') || workers <= 1) {
    const broken = new AbortController();
    const either = signal === undefined ? broken.signal : AbortSignal.any([signal, broken.signal]);
    const lane = async (): Promise<void> => {
      for (let at = next++; at < jobs.length && !either.aborted; at = next++) {
        const place = at;
        const progress = (seconds: number, events: number) => onProgress?.(place, seconds, events);
        finish(place, await runJob(jobs[at]!, { progress, signal: either }));
      }
    };
    const lanes = tiers.has('T0') || workers <= 1 ? 1 : Math.min(workers, jobs.length, WORKERS_MAX);
    try {
      await Promise.all(Array.from({ length: lanes }, lane));
    } catch (error) {
      // Whatever else is under way is for nothing.
      broken.abort();
      if (signal?.aborted !== true) throw error;
    }
    if (signal?.aborted === true) throw stopped();
    return results;
  }
  const script = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const threads = Array.from(
    { length: Math.min(workers, jobs.length, WORKERS_MAX) },
    () => new Worker(new URL(script, import.meta.url)),
  );
  const stop = () => void Promise.all(threads.map((thread) => thread.terminate()));
  signal?.addEventListener('abort', stop);
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (let at = next++; at < jobs.length; at = next++) {
          const place = at;
          const progress = (seconds: number, events: number) => onProgress?.(place, seconds, events);
          finish(at, await inThread(thread, jobs[at]!, progress));
        }
      }),
    );
    return results;
  } catch (error) {
    if (signal?.aborted === true) throw stopped();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}
