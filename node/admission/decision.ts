// Admission as a pure function: what a peer has left, what it asks for, and the time, in; a verdict and what is left, out.
// No clock, no maps: ledger.ts keeps the states.

/** What a peer spends. `failures` are objects that prove invalid: nobody honest sends one, as everybody checks before passing on. */
export const KINDS = ['bytes', 'messages', 'streams', 'opens', 'cpuMs', 'failures'] as const;
export type Kind = (typeof KINDS)[number];

/** A token bucket: refilled at `perSecond`, never above `burst`. */
export interface Budget {
  readonly perSecond: number;
  readonly burst: number;
}
export type Budgets = Readonly<Record<Kind, Budget>>;

const MIB = 1024 * 1024;

/** Budgets of one peer. */
export const BUDGETS: Budgets = {
  /** Bytes it sends on streams that it opened: far above an honest burst of statements, far below a full link. */
  bytes: { perSecond: 8 * MIB, burst: 64 * MIB },
  /** Requests, gossip messages and DHT puts: a thousand publications at once must pass. */
  messages: { perSecond: 200, burst: 4_000 },
  /** Streams it opens: identify, ping, gossip, DHT and requests of a busy honest peer stay below a tenth of this. */
  streams: { perSecond: 100, burst: 1_000 },
  /** Streams that it begins, also those that it resets before they ask for anything: far above any honest use. */
  opens: { perSecond: 200, burst: 2_000 },
  /** Milliseconds of this node's one thread spent on checking what it sent: at most a tenth of it. */
  cpuMs: { perSecond: 100, burst: 2_000 },
  /** Invalid objects: a handful for differing versions and damaged disks, then the peer rests. */
  failures: { perSecond: 0.1, burst: 10 },
};

/**
 * What gives way first when there is too much. urgent: what stops things and what tells of revocations; it is small, and it is served when nothing
 * else is. timed: somebody waits for it. bulk: it can come later.
 */
export const WORK_CLASSES = ['urgent', 'timed', 'bulk'] as const;
export type WorkClass = (typeof WORK_CLASSES)[number];

/** Requests of one protocol that one peer may send. The node's protocols are few, so these are bounded by them. */
export interface Lane extends Budget {
  /** The protocol's id. */
  readonly id: string;
  /** Timed where it is not said. */
  readonly sheds?: WorkClass;
}

/** A peer that used up its failures is shut out: first for this long, doubling each time up to the last. */
export const PENALTY_MS_FIRST = 30_000;
export const PENALTY_MS_LAST = 3_600_000;
/** One penalty is forgiven after this time without a new one. */
export const FORGIVE_MS = 3_600_000;

/** What is remembered of one peer. */
export interface PeerState {
  readonly left: Readonly<Record<Kind, number>>;
  /** When `left` was computed, in milliseconds. */
  readonly at: number;
  /** Penalties so far, less those forgiven. */
  readonly strikes: number;
  readonly struckAt: number;
  /** Shut out until then, in milliseconds. */
  readonly until: number;
  /** Requests refused so far, and the kind that ran out last. */
  readonly refused: number;
  readonly refusedAt: number;
  readonly lacking: Kind | null;
  /** Requests left in each protocol's own budget, as of `at`. */
  readonly lanes: Readonly<Record<string, { readonly left: number; readonly at: number }>>;
}

/** accept: served. refuse: over budget, asked to come back later. penalize: over its failures, shut out. */
export type Admitted = 'accept' | 'refuse' | 'penalize';

/** A peer never seen before: every budget full. */
export function freshState(now: number, budgets: Budgets = BUDGETS): PeerState {
  const left = Object.fromEntries(KINDS.map((kind) => [kind, budgets[kind].burst])) as Record<Kind, number>;
  return {
    left,
    at: now,
    strikes: 0,
    struckAt: now,
    until: 0,
    refused: 0,
    refusedAt: 0,
    lacking: null,
    lanes: {},
  };
}

/** True while a peer is shut out. No penalty is longer than the last: one that ends later was set by a clock that has been put back since. */
export function isShutOut({ until }: Pick<PeerState, 'until'>, now: number): boolean {
  return until > now && until <= now + PENALTY_MS_LAST;
}

/** The state with its buckets refilled up to `now`; a clock that stepped back refills nothing. */
export function refilled(state: PeerState, now: number, budgets: Budgets = BUDGETS): PeerState {
  const seconds = Math.max(0, now - state.at) / 1000;
  const left = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      Math.min(budgets[kind].burst, state.left[kind] + seconds * budgets[kind].perSecond),
    ]),
  ) as Record<Kind, number>;
  const forgiven = Math.floor(Math.max(0, now - state.struckAt) / FORGIVE_MS);
  if (forgiven === 0) return { ...state, left, at: now };
  return { ...state, left, at: now, strikes: Math.max(0, state.strikes - forgiven), struckAt: now };
}

/**
 * Charges `amount` of `kind` to a peer. Failures are always booked, since they have happened; the rest only when it is covered.
 * Bytes and CPU are known only afterwards: they may take a bucket below zero, and the next request is refused.
 */
export function decide(
  before: PeerState,
  kind: Kind,
  amount: number,
  now: number,
  budgets: Budgets = BUDGETS,
): { verdict: Admitted; state: PeerState } {
  const state = refilled(before, now, budgets);
  const refuse = (lacking: Kind) => ({
    verdict: 'refuse' as const,
    state: { ...state, refused: state.refused + 1, refusedAt: now, lacking },
  });
  if (kind !== 'failures' && isShutOut(state, now)) return refuse('failures');
  const rest = state.left[kind] - amount;
  const left = { ...state.left, [kind]: rest };
  if (kind === 'failures') {
    if (rest >= 0 || isShutOut(state, now)) return { verdict: 'accept', state: { ...state, left } };
    const until = now + Math.min(PENALTY_MS_LAST, PENALTY_MS_FIRST * 2 ** Math.min(state.strikes, 16));
    const full = { ...left, failures: budgets.failures.burst };
    return {
      verdict: 'penalize',
      state: { ...state, left: full, until, strikes: state.strikes + 1, struckAt: now, lacking: kind },
    };
  }
  if (kind === 'bytes' || kind === 'cpuMs') {
    // Already spent: booked down to one burst of debt, so that one huge message does not shut a peer out for hours.
    const booked = { ...state.left, [kind]: Math.max(-budgets[kind].burst, rest) };
    return rest >= 0
      ? { verdict: 'accept', state: { ...state, left: booked } }
      : refuseWith(state, kind, booked, now);
  }
  const exhausted = (['bytes', 'cpuMs'] as const).find((spent) => state.left[spent] < 0);
  if (exhausted !== undefined) return refuse(exhausted);
  return rest < 0 ? refuse(kind) : { verdict: 'accept', state: { ...state, left } };
}

/**
 * Takes one request of a protocol: of the peer's budget for that protocol and of its messages. What is urgent asks for the former alone, so
 * that no flood of the same peer's other requests keeps it out; only a peer that is shut out is refused it.
 */
export function decideLane(
  before: PeerState,
  { burst, id, perSecond, sheds }: Lane,
  now: number,
  budgets: Budgets = BUDGETS,
): { verdict: Admitted; state: PeerState } {
  const known = before.lanes[id] ?? { left: burst, at: now };
  const left = Math.min(burst, known.left + (Math.max(0, now - known.at) / 1_000) * perSecond);
  const refused = {
    verdict: 'refuse' as const,
    state: {
      ...before,
      lanes: { ...before.lanes, [id]: { left, at: now } },
      refused: before.refused + 1,
      refusedAt: now,
      lacking: 'messages' as const,
    },
  };
  if (left < 1) return refused;
  const state = { ...before, lanes: { ...before.lanes, [id]: { left: left - 1, at: now } } };
  if (sheds !== 'urgent') return decide(state, 'messages', 1, now, budgets);
  return isShutOut(before, now) ? refused : { verdict: 'accept', state };
}

function refuseWith(state: PeerState, kind: Kind, left: PeerState['left'], now: number) {
  return {
    verdict: 'refuse' as const,
    state: { ...state, left, refused: state.refused + 1, refusedAt: now, lacking: kind },
  };
}
