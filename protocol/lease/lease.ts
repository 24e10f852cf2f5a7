// Leases with fencing tokens, as a pure state machine of the one who grants them. No clock: `now` is an argument, and only its order
// matters; a clock that steps back at worst keeps a lease longer. What makes double work harmless is the token, never the time.

import type { AgentId } from '../identity/index.ts';
import {
  LEASE_TTL_MS_MAX,
  LEASE_TTL_MS_MIN,
  LEASES_DONE_MAX,
  LEASES_MAX,
  type Lease,
  type LeaseRefusal,
  type LeaseStep,
  type LeaseTable,
  RESOURCE_CHARS_MAX,
} from './types.ts';

/**
 * An empty table. `fence` is a floor below every token: give a successor or a restarted grantor one that no token of its predecessor
 * reached (see leaseFence), and what the predecessor granted is stale at once.
 */
export function leaseTable(fence = 0n): LeaseTable {
  return { lastToken: fence, leases: new Map(), done: new Map() };
}

/** Tokens that one epoch of a guild can grant. */
const TOKENS_PER_EPOCH = 1n << 40n;

/** The floor for the tokens of a guild's epoch: above everything that any earlier epoch granted. */
export function leaseFence(epoch: number): bigint {
  return BigInt(epoch) * TOKENS_PER_EPOCH;
}

function refuse(table: LeaseTable, reason: LeaseRefusal): LeaseStep {
  return { verdict: 'reject', table, reason };
}

function put(table: LeaseTable, lease: Lease, lastToken = table.lastToken): LeaseStep {
  const leases = new Map(table.leases).set(lease.resource, lease);
  return { verdict: 'accept', table: { ...table, leases, lastToken }, lease };
}

function inRange(ttlMs: number, now: number): boolean {
  return (
    Number.isSafeInteger(now) &&
    Number.isSafeInteger(ttlMs) &&
    ttlMs >= LEASE_TTL_MS_MIN &&
    ttlMs <= LEASE_TTL_MS_MAX
  );
}

/** Is the lease in force at `now`? */
export function isLive(lease: Lease, now: number): boolean {
  return now < lease.expiresAt;
}

/**
 * Grants the work to `holder` for `ttlMs`. Refused while another lease of it is in force (`held`), also for the same holder: renew that
 * one. An expired lease gives way, and its token is stale from then on.
 */
export function grantLease(
  table: LeaseTable,
  request: {
    readonly resource: string;
    readonly holder: AgentId;
    readonly ttlMs: number;
    readonly now: number;
  },
): LeaseStep {
  const { resource, holder, ttlMs, now } = request;
  if (resource.length === 0 || resource.length > RESOURCE_CHARS_MAX || !inRange(ttlMs, now))
    return refuse(table, 'range');
  if (table.done.has(resource)) return refuse(table, 'done');
  const current = table.leases.get(resource);
  if (current !== undefined && isLive(current, now)) return refuse(table, 'held');
  if (current === undefined && table.leases.size >= LEASES_MAX) return refuse(table, 'full');
  const token = table.lastToken + 1n;
  return put(table, { resource, holder, token, expiresAt: now + ttlMs }, token);
}

/** What a holder shows: the work, itself, and the token that it was granted. */
export interface LeaseProof {
  readonly resource: string;
  readonly holder: AgentId;
  readonly token: bigint;
}

/** The lease that a proof belongs to: accepted while nobody else was granted the work since, also after its time. */
export function checkLease(table: LeaseTable, proof: LeaseProof): LeaseStep {
  const lease = table.leases.get(proof.resource);
  if (lease === undefined) return refuse(table, table.done.has(proof.resource) ? 'done' : 'unknown');
  if (lease.token !== proof.token || lease.holder !== proof.holder) return refuse(table, 'stale');
  return { verdict: 'accept', table, lease };
}

/** Prolongs a lease to `now + ttlMs`, never shortens it. The token stays. */
export function renewLease(
  table: LeaseTable,
  request: LeaseProof & { readonly ttlMs: number; readonly now: number },
): LeaseStep {
  const { ttlMs, now } = request;
  if (!inRange(ttlMs, now)) return refuse(table, 'range');
  const step = checkLease(table, request);
  if (step.verdict === 'reject') return step;
  return put(table, { ...step.lease, expiresAt: Math.max(step.lease.expiresAt, now + ttlMs) });
}

/** Gives the work back unfinished: it can be granted anew at once, under a greater token. */
export function releaseLease(table: LeaseTable, proof: LeaseProof): LeaseStep {
  const step = checkLease(table, proof);
  if (step.verdict === 'reject') return step;
  const leases = new Map(table.leases);
  leases.delete(proof.resource);
  return { ...step, table: { ...table, leases } };
}

/**
 * Takes away whoever holds the work, at once: for a holder that is known to be dead, or that must not finish. Its token is stale then.
 * Unknown and finished work is refused.
 */
export function revokeLease(table: LeaseTable, resource: string): LeaseStep {
  const lease = table.leases.get(resource);
  if (lease === undefined) return refuse(table, table.done.has(resource) ? 'done' : 'unknown');
  return releaseLease(table, lease);
}

/** Takes the result under the newest token, once: every later completion of the same work is refused as `done`. Pay only upon `accept`. */
export function completeLease(table: LeaseTable, proof: LeaseProof): LeaseStep {
  const step = releaseLease(table, proof);
  if (step.verdict === 'reject') return step;
  const done = new Map(step.table.done).set(proof.resource, proof.token);
  if (done.size > LEASES_DONE_MAX) done.delete(done.keys().next().value as string);
  return { ...step, table: { ...step.table, done } };
}

/** Work whose lease has run out at `now`: it is waiting for somebody else. */
export function expiredLeases(table: LeaseTable, now: number): Lease[] {
  return [...table.leases.values()].filter((lease) => !isLive(lease, now));
}
