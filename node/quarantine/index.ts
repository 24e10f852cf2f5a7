// Quarantine by signed order: what is kept apart here, why, and what an order would touch. The only door of this folder.

import type { Core, Ground } from '../context.ts';
import type { NodeFacts } from '../policy/index.ts';
import { QuarantineDesk } from './desk.ts';
import { Quarantines } from './quarantines.ts';

export { type OrderDraft, QuarantineDesk, type ReleaseDraft } from './desk.ts';
export { type Hits, type Impact, impactOf } from './impact.ts';
export { type Held, type OrderView, Quarantines } from './quarantines.ts';

/** The parts. They hear of statements from here on; partners and statements are told of later, when they are there. */
export function makeQuarantine(
  parts: Ground & Pick<Core, 'ownLog' | 'policy' | 'revocations' | 'router'>,
  node: NodeFacts,
) {
  const { admission, config, events, metrics, router } = parts;
  const { authorities } = config.quarantine;
  const quarantines = new Quarantines({ ...parts, authorities, node });
  const quarantineDesk = new QuarantineDesk({ ...parts, authorities, quarantines });
  quarantines.onChange = (order) =>
    events.emit('quarantine', () => {
      const { obeyed, state } = quarantines.show(order);
      return { order, state, obeyed };
    });
  router.listen((statement, found) => quarantines.offer(statement, found));
  admission.confined = (peer) => {
    const held = quarantines.peer(peer);
    if (held !== undefined) metrics.count('zerostate_quarantine_refused_total', { what: 'peer' });
    return held?.detail;
  };
  return { quarantines, quarantineDesk };
}
