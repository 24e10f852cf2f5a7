// The simulator's commands. They need no running node.

import type { Command } from 'commander';
import { type OutputFlags, print, runAction, withJson } from '../../node/cli/index.ts';
import { runGossip } from '../gossip/model.ts';
import {
  DEFAULT_SCENARIO,
  type GossipResult,
  type GossipScenario,
  gossipScenario,
  SCENARIO_RANGES,
} from '../gossip/scenario.ts';

const DESCRIPTIONS: Readonly<Record<keyof GossipScenario, string>> = {
  seed: 'seed of all randomness',
  nodes: 'number of nodes',
  degree: 'mean number of links of a node',
  messages: 'messages to publish, one after another',
  publishEveryMs: 'milliseconds between two publications',
  loss: 'probability that a transmission is lost',
  delayMsMin: 'shortest one-way delay in milliseconds',
  delayMsMax: 'longest one-way delay in milliseconds',
  jitterMs: 'mean jitter of a transmission in milliseconds',
  antiEntropyMs: 'milliseconds between two anti-entropy rounds of a node; 0: none',
  seconds: 'virtual seconds at most',
};

const flag = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function describe(scenario: GossipScenario, result: GossipResult): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const { p50, p95, p99, max } = result.latencyMs;
  return [
    `${scenario.messages} messages among ${scenario.nodes} nodes, ${(scenario.loss * 100).toFixed(1)} % lost, seed ${scenario.seed}`,
    `  arrived      ${(result.coverage * 100).toFixed(3)} % (${(result.repaired * 100).toFixed(2)} % through anti-entropy)`,
    `  latency      p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, longest ${ms(max)}`,
    `  hops         mean ${result.hops.mean.toFixed(2)}, most ${result.hops.max}`,
    `  duplicates   ${result.duplicates.toFixed(2)} for each arrival; ${result.transmissions} transmissions`,
    `  virtual time ${result.virtualSeconds.toFixed(3)} s, ${result.events} events`,
    `  trace        ${result.traceHash}`,
  ].join('\n');
}

function simulate(flags: OutputFlags, parts: Partial<GossipScenario>): void {
  const scenario = gossipScenario(parts);
  const started = performance.now();
  const result = runGossip(scenario);
  const seconds = (performance.now() - started) / 1_000;
  print(flags, { model: 'gossip', scenario, ...result }, () => describe(scenario, result));
  const rate = Math.round(result.events / seconds);
  process.stderr.write(`${seconds.toFixed(2)} s, ${rate.toLocaleString('en-US')} events a second\n`);
}

/** Adds `sim` and its commands to a program. */
export function registerSimCommands(program: Command): void {
  const sim = program.command('sim').description('simulate the network under virtual time');
  const run = withJson(
    sim.command('run').description('spread messages by gossip; the same seed gives the same trace hash'),
  );
  for (const [name, text] of Object.entries(DESCRIPTIONS)) {
    const field = name as keyof GossipScenario;
    const [min, max] = SCENARIO_RANGES[field];
    const range = field === 'seed' ? '' : `, ${min} to ${max}`;
    run.option(`--${flag(name)} <n>`, `${text}${range}`, Number, DEFAULT_SCENARIO[field]);
  }
  run.action(({ json, ...parts }: GossipScenario & OutputFlags) => {
    const flags = json === undefined ? {} : { json };
    return runAction(flags, async () => simulate(flags, parts));
  });
}
