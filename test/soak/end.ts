// The end of a soak: what ended is started again, all are waited for until they know the same, and each is asked what it still has of what
// was acknowledged. Each step has an end, and a node that does not answer is counted, so that there is a verdict in any case.

import { setTimeout as delay } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import type { NodeStanding } from '../fleet/orders.ts';
import type { SoakLoad } from './load.ts';
import type { Waits } from './waits.ts';

/** For a process that ended, or a node in it, to start again. */
const REVIVE_MS_MAX = 600_000;
/** For one process to say how its nodes stand, and for one node to say what it has: every card is judged. */
const STANDING_MS_MAX = 60_000;
const HAS_MS_MAX = 60_000;
/** Between two looks, at least, and between two lines that say how far it is. */
const LOOK_MS = 500;
const SAY_MS = 5_000;

/** What of the acknowledged is not there any more. */
export interface Lost {
  readonly cards: number;
  readonly revocations: number;
  readonly tasks: number;
  /** Things that some node should know and does not, and how many such pairs there are. */
  readonly missing: number;
  readonly deliveries: number;
  /** Nodes that did not say what they have: all of theirs is missing. */
  readonly silent: number;
}

/** Starts again what ended: a crash is counted, and what its nodes had acknowledged is still theirs to have. */
export async function revive(fleet: Fleet, ended: readonly number[], waits: Waits): Promise<void> {
  for (const at of fleet.hosts.keys()) {
    const isOver = ended.includes(at);
    if (isOver) waits.note(`starting process ${at} again`);
    const work: Promise<unknown> = isOver
      ? fleet.replaceHost(at, 'kill', { cuttable: true })
      : fleet.revive(at);
    await waits
      .for(`the nodes of process ${at}`, REVIVE_MS_MAX, work)
      .catch((error: Error) => waits.note(`process ${at}: ${error.message.split('\n')[0]}`));
  }
}

/** How all nodes stand that say so in time. */
async function standings(fleet: Fleet, waits: Waits): Promise<NodeStanding[]> {
  const of = (at: number) =>
    waits.for(`standing of process ${at}`, STANDING_MS_MAX, fleet.hosts[at]!.do('standing', null));
  const all = await Promise.all([...fleet.hosts.keys()].map((at) => of(at).catch(() => [])));
  return all.flat();
}

/** Waits until all nodes hold the same logs; answers the milliseconds, Infinity after `msMax`. */
export async function converge(fleet: Fleet, nodes: number, msMax: number, waits: Waits): Promise<number> {
  const started = performance.now();
  let said = started;
  for (;;) {
    const all = await standings(fleet, waits);
    const states = new Set(all.map(({ state }) => state));
    const now = performance.now();
    if (all.length === nodes && states.size === 1) return now - started;
    if (now - started > msMax) {
      waits.note(differences(all));
      return Number.POSITIVE_INFINITY;
    }
    if (now - said > SAY_MS) {
      said = now;
      waits.note(
        `waiting for convergence (${Math.round((now - started) / 1_000)} s of at most ${msMax / 1_000} s): ` +
          `${all.length} of ${nodes} nodes answer, ${states.size} different states`,
      );
    }
    await delay(LOOK_MS);
  }
}

/** Which logs are not everywhere the same, in words. */
function differences(all: readonly NodeStanding[]): string {
  const logs = new Map<string, Map<string, string[]>>();
  for (const { name, state } of all)
    for (const line of state.split('\n')) {
      const [origin = '', size = ''] = line.split(' ');
      const sizes = logs.get(origin) ?? new Map<string, string[]>();
      logs.set(origin, sizes.set(size, [...(sizes.get(size) ?? []), name]));
    }
  const apart = [...logs].filter(([, sizes]) =>
    [...sizes.values()].every((names) => names.length < all.length),
  );
  const [first] = apart;
  if (first === undefined) return `not the same: ${all.length} nodes answer, and hold the same`;
  const example = [...first[1]].map(([size, names]) => `${size} entries at ${names.join(' ')}`).join('; ');
  return `not the same: ${apart.length} logs differ; ${first[0]} has ${example}`;
}

/** Asks every node what it has of what was acknowledged. */
export async function lostOf(fleet: Fleet, { acknowledged }: SoakLoad, waits: Waits): Promise<Lost> {
  const { agents, revoked, tasks } = acknowledged;
  const cards = new Set<string>();
  const revocations = new Set<string>();
  let missing = 0;
  let silent = 0;
  for (const name of fleet.names) {
    const has = await waits
      .for(`what ${name} knows`, HAS_MS_MAX, fleet.on(name, 'agents', { name }))
      .catch((error: Error) => {
        silent += 1;
        waits.note(`${name} does not say what it knows: ${error.message.split('\n')[0]}`);
        return { known: [], refused: [] };
      });
    const known = new Set(has.known);
    const refused = new Set(has.refused);
    for (const [agentId, home] of agents) {
      if (known.has(agentId)) continue;
      missing += 1;
      if (home === name) cards.add(agentId);
    }
    for (const agentId of revoked) {
      if (refused.has(agentId)) continue;
      missing += 1;
      if (agents.get(agentId) === name) revocations.add(agentId);
    }
  }
  let unknown = 0;
  for (const [name, taskIds] of tasks) {
    const phases = await waits
      .for(`tasks of ${name}`, HAS_MS_MAX, fleet.on(name, 'phases', { name, taskIds }))
      .catch((): string[] => taskIds.map(() => 'unknown'));
    unknown += phases.filter((phase) => phase !== 'completed').length;
  }
  const deliveries = (agents.size + revoked.size) * fleet.names.length;
  return { cards: cards.size, revocations: revocations.size, tasks: unknown, missing, deliveries, silent };
}
