// Runs one seed, in whichever thread this is.

import type { RunSinks, TierResult } from '../scenario/index.ts';
import { tierOf } from '../tiers.ts';
import type { Job } from './messages.ts';
import { TraceFile } from './trace-file.ts';

/** Runs a job to its end. */
export async function runJob(job: Job, sinks: RunSinks = {}): Promise<TierResult> {
  const { scenario, seed, traceFile } = job;
  const tier = tierOf(scenario.tier);
  if (traceFile === null) return await tier.run(scenario, seed, sinks);
  const trace = new TraceFile(traceFile);
  try {
    return await tier.run(scenario, seed, { ...sinks, trace: (line) => trace.add(line) });
  } finally {
    trace.close();
  }
}
