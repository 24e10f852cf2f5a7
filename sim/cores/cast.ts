// Lays the roles of a scenario's adversaries around their nodes, and gives each what it may do.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { Message } from './message.ts';
import type { RoleBook, RoleContext } from './role.ts';
import type { Simulation } from './simulation.ts';

/** Casts every adversary. Throws SCENARIO_INVALID for a kind that the book does not have. */
export function castRoles(simulation: Simulation, book: RoleBook): void {
  const { ground, post } = simulation;
  const { adversaries } = ground.scenario;
  for (const { kind } of adversaries)
    if (book[kind] === undefined) throw new ZeroError('SCENARIO_INVALID', `this tier has no ${kind}`);
  for (let node = 0; node < ground.nodes; node++) {
    const spec = adversaries[ground.kindOf[node]!];
    if (spec !== undefined) post.cast(node, book[spec.kind]!(contextOf(simulation, node)));
  }
}

function contextOf(simulation: Simulation, node: number): RoleContext {
  const { ground, penalties, plan, post, publications } = simulation;
  const { first, to } = ground.wire.topology;
  const kind = ground.kindOf[node]!;
  const linkTo = (other: number): number => {
    for (let link = first[node]!; link < first[node + 1]!; link++) if (to[link] === other) return link;
    return -1;
  };
  return {
    node,
    spec: ground.scenario.adversaries[kind]!,
    random: ground.random('adversary', node),
    now: () => ground.loop.now,
    neighbours: () => [...to.subarray(first[node]!, first[node + 1]!)],
    isAccomplice: (other) => ground.kindOf[other] === kind,
    send: (other: number, message: Message) => {
      const link = linkTo(other);
      if (link >= 0) post.sendAsIs(link, message);
    },
    spoil: (publication, part) => publications.spoil(publication, part),
    ownLogs: () => [...plan.writers.keys()].filter((log) => plan.writers[log] === node),
    equivocate: (log) => {
      if (plan.writers[log] === node) simulation.equivocate(log);
    },
    rejoin: () => penalties.forget(node),
  };
}
