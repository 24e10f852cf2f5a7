// Tier T1: real js-libp2p and real nodes under virtual time, each run in a process of its own (what it replaces cannot be put back, and
// libraries count in module variables).

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { RunSinks, Scenario, Tier, TierResult } from '../scenario/index.ts';
import type { FromRun, ToRun } from './messages.ts';

/** Nodes of one run at most: each is a whole node with its database, some 8 MB. */
export const REAL_NODES_MAX: number = 1_000;

/** A result, and what its process took at its end. */
export interface RealRun {
  readonly result: TierResult;
  /** Resident bytes. */
  readonly memoryBytes: number;
}

/** Runs a scenario with real nodes. Throws SCENARIO_INVALID for what this tier cannot do, SIMULATION_FAILED when the run broke. */
export async function runInChild(scenario: Scenario, seed: number, sinks: RunSinks = {}): Promise<RealRun> {
  if (scenario.topology.nodes > REAL_NODES_MAX)
    throw new ZeroError('SCENARIO_INVALID', `T1 runs up to ${REAL_NODES_MAX} nodes`);
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const child = fork(fileURLToPath(new URL(`./child${extension}`, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
    // One thread answers in the order of the questions.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', TZ: 'UTC' },
  });
  const stop = () => child.kill('SIGKILL');
  sinks.signal?.addEventListener('abort', stop);
  try {
    return await new Promise<RealRun>((resolve, reject) => {
      child.on('message', (message: FromRun) => {
        if (message.kind === 'progress') sinks.progress?.(message.virtualSeconds, message.events);
        else if (message.kind === 'trace') for (const line of message.lines) sinks.trace?.(line);
        else if (message.kind === 'failure') reject(new ZeroError('SIMULATION_FAILED', message.message));
        else resolve(message);
      });
      child.once('exit', (code, signal) =>
        reject(new ZeroError('SIMULATION_FAILED', `the run ended without a result (${code ?? signal})`)),
      );
      child.send({ scenario, seed, isTraced: sinks.trace !== undefined } satisfies ToRun);
    });
  } finally {
    sinks.signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** The tier. */
export const realTier: Tier = {
  id: 'T1',
  summary: 'real js-libp2p and real nodes, databases and all, on a simulated clock and wire',
  run: async (scenario, seed, sinks) => (await runInChild(scenario, seed, sinks)).result,
};
