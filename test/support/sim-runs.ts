// Runs of the simulator in a process of their own: what they took is theirs alone.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface MeasuredRun {
  readonly events: number;
  readonly seconds: number;
  readonly memoryMb: number;
  readonly traceHash: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly fidelity: readonly string[];
  /** Names of properties that broke. */
  readonly broken: readonly string[];
}

const MODULE = new URL('../../sim/index.ts', import.meta.url).href;

/** Runs the text of a scenario with one seed. Seconds are those of the run, without the start of the process. */
export async function runScenario(text: string, seed: number): Promise<MeasuredRun> {
  const script = `const { parseScenario, tierOf } = await import(${JSON.stringify(MODULE)});
    const scenario = parseScenario(${JSON.stringify(text)});
    const started = performance.now();
    const result = await tierOf(scenario.tier).run(scenario, ${seed});
    const seconds = (performance.now() - started) / 1000;
    const { checks, events, fidelity, metrics, traceHash } = result;
    console.log(JSON.stringify({
      events, seconds, traceHash, metrics,
      memoryMb: process.resourceUsage().maxRSS / 1024,
      fidelity: fidelity.filter(({ is }) => is === 'real').map(({ part }) => part),
      broken: checks.filter(({ ok }) => !ok).map(({ name }) => name),
    }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    maxBuffer: 16 * 1024 * 1024,
  });
  return JSON.parse(stdout) as MeasuredRun;
}
