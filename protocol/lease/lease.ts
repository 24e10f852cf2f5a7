// Leases with fencing tokens, for work that one at a time may do. Pure: what the grantor remembers, and what the thing that is worked on remembers.
// A clock decides only when somebody else may begin; that the one before can do nothing any more is decided by the token alone, so no pause, delay
// or wrong clock lets two through (Martin Kleppmann, How to do distributed locking, 2016). Tasks have leases of their own: their attempts.

/** A lease. */
export interface Lease {
  readonly holder: string;
  /** Greater than that of every lease before. */
  readonly token: number;
  /** Milliseconds of the grantor's clock, whatever that begins at; from then on somebody else may have it. */
  readonly untilMs: number;
}

/** What the grantor remembers of one piece of work. It is to be on disk before a lease is told to anybody. */
export interface LeaseState {
  /** The highest token ever granted; 0 before the first. */
  readonly highest: number;
  readonly lease: Lease | null;
}

/** Nobody has ever had it. */
export const NO_LEASE: LeaseState = { highest: 0, lease: null };

/** True while a lease holds. */
export function isHeld({ lease }: LeaseState, nowMs: number): boolean {
  return lease !== null && nowMs < lease.untilMs;
}

/** Grants a lease, with the next token; answers the state unchanged while another holds it, also to the same holder: it may be another life of it. */
export function grantLease(state: LeaseState, holder: string, nowMs: number, ttlMs: number): LeaseState {
  if (isHeld(state, nowMs)) return state;
  const token = state.highest + 1;
  return { highest: token, lease: { holder, token, untilMs: nowMs + ttlMs } };
}

/** Moves the end of a lease on; the state unchanged when it is not the one that holds. An end that was passed is not moved. */
export function renewLease(state: LeaseState, token: number, nowMs: number, ttlMs: number): LeaseState {
  const { lease } = state;
  if (lease === null || lease.token !== token || !isHeld(state, nowMs)) return state;
  return { ...state, lease: { ...lease, untilMs: Math.max(lease.untilMs, nowMs + ttlMs) } };
}

/** Gives a lease back; a token that does not hold gives nothing back. */
export function releaseLease(state: LeaseState, token: number): LeaseState {
  return state.lease?.token === token ? { ...state, lease: null } : state;
}

/**
 * The fence at the thing that is worked on: the highest token that it has seen. A lower one is refused, whoever shows it. Answers the fence
 * after it, or undefined: refuse.
 */
export function passFence(fence: number, token: number): number | undefined {
  return Number.isSafeInteger(token) && token > 0 && token >= fence ? token : undefined;
}
