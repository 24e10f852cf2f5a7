// The tiers of real nodes: T1 under virtual time, T0 over TCP in the machine's own time. Each run has a process of its own: what it replaces
// cannot be put back, and libraries count in module variables.

import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { ZeroError } from '../../protocol/errors/index.ts';
import { REAL_ADVERSARIES } from '../adversaries/index.ts';
import type { RunSinks, Scenario, Session, Tier, TierResult } from '../scenario/index.ts';
import type { FromRun, Question, ToRun } from './messages.ts';

/** Nodes of one run at most: each is a whole node with its database, some 8 MB; in T0 they share one processor in real time. */
const NODES_MAX = { T0: 64, T1: 1_000 } as const;
/** One thread answers in the order of the questions; in T0 the nodes have four each, as in processes of their own, up to this. */
const DISK_THREADS = { T0: '64', T1: '1' } as const;
const PROGRAM = { T0: 'tcp-child', T1: 'child' } as const;

/** A result, and what its process took at its end. */
export interface RealRun {
  readonly result: TierResult;
  /** Resident bytes. */
  readonly memoryBytes: number;
}

/** Runs a scenario with real nodes. Throws SCENARIO_INVALID for what the tier cannot do, SIMULATION_FAILED when the run broke. */
export async function runInChild(
  scenario: Scenario,
  seed: number,
  sinks: RunSinks = {},
  tier: 'T0' | 'T1' = 'T1',
): Promise<RealRun> {
  const child = spawn(scenario, tier);
  const stop = () => child.kill('SIGKILL');
  sinks.signal?.addEventListener('abort', stop);
  try {
    return (await heard(child, sinks, () => child.send(orderOf('run', scenario, seed, sinks)))) as RealRun;
  } finally {
    sinks.signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** Begins a run of T1 that is driven from outside. Its process lives until it is closed. */
async function openInChild(scenario: Scenario, seed: number, sinks: RunSinks = {}): Promise<Session> {
  const child = spawn(scenario, 'T1');
  let now = 0;
  /** One question at a time. */
  const ask = async (order: ToRun | Question): Promise<unknown> => {
    const answer = await heard(child, sinks, () => child.send(order));
    if ('now' in answer) now = answer.now;
    return 'value' in answer ? answer.value : undefined;
  };
  try {
    await ask(orderOf('open', scenario, seed, sinks));
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    get now() {
      return now;
    },
    advance: async (until) => (await ask({ kind: 'advance', until })) as boolean,
    inspect: async (node) => (await ask({ kind: 'inspect', node })) as Readonly<Record<string, unknown>>,
    overview: async () => (await ask({ kind: 'overview' })) as Readonly<Record<string, unknown>>,
    result: async () => (await ask({ kind: 'result' })) as TierResult,
    async close() {
      try {
        await ask({ kind: 'close' });
      } finally {
        child.kill('SIGKILL');
      }
    },
  };
}

function orderOf(kind: ToRun['kind'], scenario: Scenario, seed: number, sinks: RunSinks): ToRun {
  return { kind, scenario, seed, isTraced: sinks.trace !== undefined, journal: sinks.journal };
}

function spawn(scenario: Scenario, tier: 'T0' | 'T1'): ChildProcess {
  if (scenario.topology.nodes > NODES_MAX[tier])
    throw new ZeroError('SCENARIO_INVALID', `${tier} runs up to ${NODES_MAX[tier]} nodes`);
  for (const { kind } of scenario.adversaries)
    if (!REAL_ADVERSARIES.has(kind))
      throw new ZeroError('SCENARIO_INVALID', `${tier} has no ${kind}: see the reference of adversaries`);
  for (const part of ['forks', 'reputation', 'channels', 'routes'] as const)
    if (scenario.workload[part] !== undefined)
      throw new ZeroError('SCENARIO_INVALID', `${tier} has no ${part}: its nodes write and revoke`);
  const compiled = getCompileCacheDir();
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fork(fileURLToPath(new URL(`./${PROGRAM[tier]}${extension}`, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [],
    env: {
      ...process.env,
      UV_THREADPOOL_SIZE: DISK_THREADS[tier],
      TZ: 'UTC',
      // Half of a short run is compiling the node: what this process keeps compiled serves its runs too.
      ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }),
    },
  });
}

type Answer = Extract<FromRun, { kind: 'answer' | 'result' }>;

/** Gives an order and waits for what ends it; what is told meanwhile goes to the sinks. */
async function heard(child: ChildProcess, sinks: RunSinks, order: () => void): Promise<Answer> {
  const { promise, reject, resolve } = Promise.withResolvers<Answer>();
  const onMessage = (message: FromRun): void => {
    if (message.kind === 'progress') sinks.progress?.(message.virtualSeconds, message.events);
    else if (message.kind === 'trace') for (const line of message.lines) sinks.trace?.(line);
    else if (message.kind === 'failure') reject(new ZeroError('SIMULATION_FAILED', message.message));
    else if (message.kind === 'refusal')
      reject(
        new ZeroError(
          message.code === 'SCENARIO_INVALID' ? 'SCENARIO_INVALID' : 'SIMULATION_FAILED',
          message.message,
        ),
      );
    else resolve(message);
  };
  const onExit = (code: number | null, signal: string | null) =>
    reject(new ZeroError('SIMULATION_FAILED', `the run ended without a result (${code ?? signal})`));
  child.on('message', onMessage).once('exit', onExit);
  try {
    order();
    return await promise;
  } finally {
    child.off('message', onMessage).off('exit', onExit);
  }
}

/** The tier of real nodes in real time. */
export const tcpTier: Tier = {
  id: 'T0',
  summary: 'real nodes over TCP on loopback with slow links, in real time: for calibration',
  run: async (scenario, seed, sinks) => (await runInChild(scenario, seed, sinks, 'T0')).result,
};

/** The tier of real nodes in virtual time. */
export const realTier: Tier = {
  id: 'T1',
  summary: 'real js-libp2p and real nodes, databases and all, on a simulated clock and wire',
  run: async (scenario, seed, sinks) => (await runInChild(scenario, seed, sinks)).result,
  open: openInChild,
};
