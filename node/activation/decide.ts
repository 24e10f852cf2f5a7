// Whether a node may start with a configuration: one that has ended every start early, and is not the last that worked, gives way to that
// one. Pure.

/** Starts of one configuration that came to nothing before the last good one takes over. */
export const STARTS_MAX = 3;
/** Starts longer ago than this count for nothing (milliseconds): a crash a day is no loop. */
export const LOOP_MS = 600_000;
/** Starts that are remembered, of all configurations. */
export const REMEMBERED_MAX = 32;

/** A start that has not come to a good end yet. */
export interface Start {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Hex SHA-256 of the configuration. */
  readonly config: string;
}

/** What is remembered over restarts. */
export interface ActivationRecord {
  readonly starts: readonly Start[];
  /** The configuration that worked last: with it the node was ready for a while. */
  readonly good: string | null;
  /** Id of the policy that was in force then; absent in records of older forms. */
  readonly policy?: string | null;
  /** Id of the policy that the last good end had to do without: starts under it had failed. */
  readonly refused?: string | null;
}

/** The policy to start under in place of another. */
export interface FallbackPolicy {
  /** Id of the last that worked. */
  readonly id: string;
  /** Only in the place of this one: another one is tried. Absent: of whatever is in force. */
  readonly inPlaceOf?: string;
}

/** How a start came to a good end. */
export interface GoodEnd {
  /** Id of the policy in force. */
  readonly policy?: string;
  /** Id of the one that would have been, had starts under it not failed. */
  readonly refused?: string | undefined;
}

export const NOTHING: ActivationRecord = { starts: [], good: null };

/** What to start with, and what to remember of it. */
export function decideStart(
  record: ActivationRecord,
  config: string,
  now: number,
): {
  readonly use: 'given' | 'good';
  /** Under which policy: a configuration that has worked and fails now has something else to blame. */
  readonly policy: 'given' | 'good';
  readonly record: ActivationRecord;
} {
  const starts = record.starts.filter(({ at }) => at <= now && now - at < LOOP_MS);
  const failed = starts.filter((start) => start.config === config).length;
  const { good } = record;
  const policyFor = (used: string) => {
    const ended = starts.filter((start) => start.config === used).length;
    return ended >= STARTS_MAX && record.policy != null ? ('good' as const) : ('given' as const);
  };
  if (failed >= STARTS_MAX && good !== null && good !== config) {
    // Its failures stay on record as long as it is what is asked for: trying it again each ten minutes would be the loop, slower.
    const kept = starts.map((start) => (start.config === config ? { ...start, at: now } : start));
    // The good one is on trial too: what fails with it as well is not the configuration.
    const tried = [...kept, { at: now, config: good }].slice(-REMEMBERED_MAX);
    return { use: 'good', policy: policyFor(good), record: { ...record, starts: tried } };
  }
  return {
    use: 'given',
    policy: policyFor(config),
    record: { ...record, starts: [...starts, { at: now, config }].slice(-REMEMBERED_MAX) },
  };
}

/** Which policy takes the place of another at this start, if any: a refused one stays so until another is in force, or each restart would be the loop again. */
export function fallbackPolicy(
  { policy, refused }: ActivationRecord,
  decided: 'given' | 'good',
): FallbackPolicy | undefined {
  if (policy == null || (decided === 'given' && refused == null)) return undefined;
  return decided === 'good' || refused == null ? { id: policy } : { id: policy, inPlaceOf: refused };
}

/** The policy to decide by where this one would be in force; undefined when it is itself. */
export function insteadOf(policy: string, fallback: FallbackPolicy | undefined): string | undefined {
  const { id, inPlaceOf = policy } = fallback ?? {};
  return inPlaceOf === policy && id !== policy ? id : undefined;
}

/** A start came to a good end: the node was ready for a while (`worked`), or was stopped by who started it. */
export function endWell(
  record: ActivationRecord,
  config: string,
  worked: boolean,
  { policy, refused }: GoodEnd = {},
): ActivationRecord {
  return {
    starts: record.starts.filter((start) => start.config !== config),
    good: worked ? config : record.good,
    policy: (worked ? policy : undefined) ?? record.policy ?? null,
    refused: refused ?? null,
  };
}

/** Forgets one start, which was none. */
export function withdrawStart(record: ActivationRecord, config: string, at: number): ActivationRecord {
  const found = record.starts.findLastIndex((start) => start.config === config && start.at === at);
  return found < 0 ? record : { ...record, starts: record.starts.toSpliced(found, 1) };
}
