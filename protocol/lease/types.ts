// The shapes of leases. A lease says who alone may work on something, until when, and carries the number that fences off whoever held it before.

import type { AgentId } from '../identity/index.ts';

/** Leases of one table: the work that one guild has under way, with room to spare. */
export const LEASES_MAX = 4_096;
/** Finished resources remembered, so that a late result is told apart from an unknown one. The oldest is forgotten first. */
export const LEASES_DONE_MAX = 16_384;
/** Shortest and longest life of a lease, in milliseconds: a renewal must fit in, and a dead holder must not block work for an hour. */
export const LEASE_TTL_MS_MIN = 10;
export const LEASE_TTL_MS_MAX = 3_600_000;
/** Characters of a resource's name: a task id, with what a caller puts before it. */
export const RESOURCE_CHARS_MAX = 128;

/** One lease. */
export interface Lease {
  readonly resource: string;
  readonly holder: AgentId;
  /** Fencing token: greater than that of every lease that the table granted before. */
  readonly token: bigint;
  /** Milliseconds since 1970, by the grantor's clock. */
  readonly expiresAt: number;
}

/** The grantor's book: immutable, each step answers a new one. */
export interface LeaseTable {
  /** Greatest token granted; the next one is greater. */
  readonly lastToken: bigint;
  readonly leases: ReadonlyMap<string, Lease>;
  /** Token under which a resource was completed, oldest first. */
  readonly done: ReadonlyMap<string, bigint>;
}

/** Why a step was refused. `held`: another holder's lease is in force. `stale`: the token is not the newest. `done`: the work is finished. */
export type LeaseRefusal = 'held' | 'stale' | 'done' | 'unknown' | 'full' | 'range';

/** What a step answers. A refused step leaves the table as it was. */
export type LeaseStep =
  | { readonly verdict: 'accept'; readonly table: LeaseTable; readonly lease: Lease }
  | { readonly verdict: 'reject'; readonly table: LeaseTable; readonly reason: LeaseRefusal };
