// The cores tier (T2): the protocol's own state machines, by the thousand, on one event heap.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { RunSinks, Scenario, Session, Tier, TierResult } from '../scenario/index.ts';
import { SECOND } from './ground.ts';
import { judgeAgents } from './reputation.ts';
import { checkLiveness, resultOf } from './result.ts';
import type { RoleBook } from './role.ts';
import { routeRequests } from './routes.ts';
import { Simulation } from './simulation.ts';

class CoresSession implements Session {
  readonly #simulation: Simulation;
  #isJudged = false;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  get now(): number {
    return this.#simulation.ground.loop.now / SECOND;
  }

  async advance(untilSeconds: number): Promise<boolean> {
    const simulation = this.#simulation;
    const { seconds } = simulation.ground.scenario;
    const isLeft = await simulation.advance(this.#isJudged ? untilSeconds : Math.min(untilSeconds, seconds));
    if (this.#isJudged || untilSeconds < seconds) return isLeft;
    // The scenario's end: here a run is judged as a whole, whatever may be asked to happen after it.
    this.#isJudged = true;
    end(simulation);
    return untilSeconds > seconds ? await simulation.advance(untilSeconds) : isLeft;
  }

  inspect(node: number): Readonly<Record<string, unknown>> {
    const { forks, ground, holdings, logs, mesh, plan, presence } = this.#simulation;
    const { first, to } = ground.wire.topology;
    if (!(node < ground.nodes))
      throw new ZeroError('SCENARIO_INVALID', `there are nodes 0 to ${ground.nodes - 1}`);
    return {
      node,
      here: presence.here[node] === 1,
      role: ground.scenario.adversaries[ground.kindOf[node]!]?.kind ?? 'honest',
      neighbours: [...to.subarray(first[node]!, first[node + 1]!)],
      mesh: mesh.meshOf(node),
      writes: [...plan.writers.keys()].filter((log) => plan.writers[log] === node),
      logs: [...plan.writers.keys()].map((log) => ({
        log,
        holds: holdings.version(node, log).size,
        of: logs.newest(log).size,
        forked: forks.knows(node, log),
      })),
    };
  }

  overview(): Readonly<Record<string, unknown>> {
    const { ground, presence } = this.#simulation;
    const { checks, events, metrics } = resultOf(this.#simulation);
    return {
      seconds: this.now,
      events,
      pending: ground.loop.pending,
      nodes: ground.nodes,
      here: presence.here.reduce((sum, here) => sum + here, 0),
      broken: checks.filter(({ ok }) => !ok),
      metrics,
    };
  }

  result(): TierResult {
    return resultOf(this.#simulation);
  }
}

function begin(scenario: Scenario, seed: number, sinks: RunSinks, roles: RoleBook): Simulation {
  const simulation = new Simulation(scenario, seed, sinks, roles);
  simulation.start();
  return simulation;
}

/** What is judged at the end of a run. */
function end(simulation: Simulation): void {
  simulation.payments.end();
  checkLiveness(simulation);
}

/** The cores tier with these adversaries. */
export function coresTier(roles: RoleBook): Tier {
  return {
    id: 'T2',
    summary: "the protocol's own state machines on an event heap",
    async run(scenario, seed, sinks = {}) {
      const simulation = begin(scenario, seed, sinks, roles);
      await simulation.advance(scenario.seconds);
      end(simulation);
      // Work and routes have a time of their own: they run beside the network of the logs.
      const work = judgeAgents(simulation.ground, (node) => simulation.post.roleOf(node));
      return resultOf(simulation, [...work, ...routeRequests(simulation.ground)]);
    },
    async open(scenario, seed, sinks = {}) {
      return new CoresSession(begin(scenario, seed, sinks, roles));
    },
  };
}
