// Policies that take effect together: a bundle may name its start, and the bundle before it the members that are to have acknowledged it by then.
// Not before the boundary, not before enough have acknowledged; and who has not got what the others have begun with stands closed. Pure.

/** Whose acknowledgements the next bundle needs, as the bundle in force says. */
export interface PolicyMembers {
  readonly agents: readonly string[];
  readonly threshold: number;
}

/** A bundle that begins at a boundary. */
export interface PolicyEpoch {
  /** Content id of the bundle. */
  readonly id: string;
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly startsAtMs: number;
}

/** One member's word that it has the bundle and will begin with it. */
export interface Acknowledgement {
  readonly agent: string;
  readonly epoch: PolicyEpoch;
}

/** What a node knows. */
export interface EpochKnowledge {
  /** Sequence of the newest bundle that has begun here; 0 before the first. */
  readonly newest: number;
  /** The bundle that waits here for its start; null: none. */
  readonly staged: PolicyEpoch | null;
  /** As the newest bundle says; null: it names nobody, and only the time is waited for. */
  readonly members: PolicyMembers | null;
  readonly acknowledgements: readonly Acknowledgement[];
}

/**
 * current: nothing is to come. waiting: the old policy holds on. due: the staged one takes its place now. behind: others have begun with one that is
 * not here, so nothing that is decided here can be right.
 */
export type EpochStanding =
  | { readonly state: 'current' }
  | { readonly state: 'waiting'; readonly acknowledged: number; readonly required: number }
  | { readonly state: 'due'; readonly epoch: PolicyEpoch }
  | { readonly state: 'behind'; readonly epoch: PolicyEpoch };

const nameOf = ({ id, sequence, startsAtMs }: PolicyEpoch): string => `${sequence} ${startsAtMs} ${id}`;

/** Members that acknowledge exactly this: the same bundle with the same number and the same start. */
function acknowledged(epoch: PolicyEpoch, { acknowledgements, members }: EpochKnowledge): number {
  const name = nameOf(epoch);
  const agents = acknowledgements
    .filter((one) => nameOf(one.epoch) === name && members?.agents.includes(one.agent) === true)
    .map(({ agent }) => agent);
  return new Set(agents).size;
}

/** Where a node stands at a time. */
export function judgeEpoch(known: EpochKnowledge, nowMs: number): EpochStanding {
  const { members, newest, staged } = known;
  const missed =
    members === null
      ? undefined
      : known.acknowledgements
          .map(({ epoch }) => epoch)
          .filter(
            ({ id, sequence, startsAtMs }) => sequence > newest && id !== staged?.id && startsAtMs <= nowMs,
          )
          .find((epoch) => acknowledged(epoch, known) >= members.threshold);
  if (missed !== undefined) return { state: 'behind', epoch: missed };
  if (staged === null) return { state: 'current' };
  const required = members?.threshold ?? 0;
  const count = acknowledged(staged, known);
  return nowMs >= staged.startsAtMs && count >= required
    ? { state: 'due', epoch: staged }
    : { state: 'waiting', acknowledged: count, required };
}
