// The next hop where no report has come yet. Pure. Must not: overrule what stands against a neighbour.

import type { Decision, NeighbourView } from '../../protocol/routing/index.ts';

/** Assumed of a neighbour that was not measured. */
const UNMEASURED_MS = 1_000;

/**
 * A choice where the policy knows no way because no report has come yet: a relay that the peer itself says it is connected to, else one of the
 * backbone, and at the edge, which can only ask, the nearest. Nobody that was excluded for another reason.
 */
export function unmapped(
  decision: Decision,
  neighbours: readonly NeighbourView[],
  exits: ReadonlySet<string>,
  relaying: boolean,
): Decision {
  const open = new Set(
    decision.candidates
      .filter(({ excluded }) => excluded === 'unreachable' || excluded === 'infeasible')
      .map(({ neighbour }) => neighbour),
  );
  const rank = ({ backbone, id }: NeighbourView): number => (exits.has(id) ? 2 : backbone ? 1 : 0);
  const [best] = neighbours
    .filter((one) => open.has(one.id) && (!relaying || rank(one) > 0))
    .sort((a, b) => rank(b) - rank(a) || (a.rttMs ?? UNMEASURED_MS) - (b.rttMs ?? UNMEASURED_MS));
  return best === undefined ? decision : { ...decision, next: best.id, reason: 'backbone' };
}
