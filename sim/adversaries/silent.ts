// Adversaries that take and do not give. They are careful to look alive: what costs them nothing they do.

import type { Message } from '../cores/message.ts';
import type { RoleMaker } from '../cores/role.ts';

/** What hands something over, besides publications. */
const GIVING: ReadonlySet<Message['kind']> = new Set(['answer', 'forks-told', 'evidence-told']);

/** Says that it has things, and does not hand them over: neither by gossip nor in a comparison. Its own publications it lets out. */
export const withholder: RoleMaker = ({ ownLogs, random, spec }) => {
  const isWriter = ownLogs().length > 0;
  return {
    send(_, message) {
      const isGiving = message.kind === 'publication' || GIVING.has(message.kind);
      return isGiving && !isWriter && random.unit() < spec.intensity ? null : message;
    },
  };
};

/** Takes everything and works for nobody: passes nothing on and announces nothing, so that it is asked for nothing. */
export const freeRider: RoleMaker = ({ ownLogs, random, spec }) => {
  const isWriter = ownLogs().length > 0;
  return {
    send(_, message) {
      const isWork =
        message.kind === 'ihave' || GIVING.has(message.kind) || (message.kind === 'publication' && !isWriter);
      return isWork && random.unit() < spec.intensity ? null : message;
    },
    // Nobody can be made to answer: what would be work is not even read.
    receive: (_, message) => message.kind !== 'iwant' || random.unit() >= spec.intensity,
  };
};

/**
 * One operator with many identities: they push into every mesh, so that honest neighbours have fewer honest links, and then pass on
 * nothing but what their accomplices say.
 */
export const sybil: RoleMaker = ({ isAccomplice, neighbours, random, send, spec }) => ({
  send: (to, message) =>
    message.kind === 'prune' ||
    (message.kind !== 'graft' && !isAccomplice(to) && random.unit() < spec.intensity)
      ? null
      : message,
  tick() {
    for (const neighbour of neighbours())
      if (!isAccomplice(neighbour) && random.unit() < spec.intensity) send(neighbour, { kind: 'graft' });
  },
});

/** Who an eclipse is after: the honest nodes with the lowest numbers, so that all who take part agree without a word. */
export function victimsOf(isAccomplice: (node: number) => boolean, targets: number): ReadonlySet<number> {
  const victims = new Set<number>();
  for (let node = 0; victims.size < targets; node++) if (!isAccomplice(node)) victims.add(node);
  return victims;
}

/** Cuts its victims off: takes their mesh links, tells them nothing, and lets nothing of theirs through. Everybody else sees an honest node. */
export const eclipse: RoleMaker = ({ isAccomplice, neighbours, random, send, spec }) => {
  const victims = victimsOf(isAccomplice, spec.targets);
  const isCut = (node: number): boolean => victims.has(node) && random.unit() < spec.intensity;
  return {
    send: (to, message) => (message.kind !== 'graft' && isCut(to) ? null : message),
    receive: (from, message) => message.kind === 'graft' || !isCut(from),
    tick() {
      for (const neighbour of neighbours()) if (victims.has(neighbour)) send(neighbour, { kind: 'graft' });
    },
  };
};
