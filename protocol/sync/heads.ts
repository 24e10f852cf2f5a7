// The first step of synchronisation: compare what two partners hold of each log. A head is only a hint until its data is at hand;
// nothing here makes a log grow.

import { equalBytes } from '../bytes/index.ts';
import { isZeroError, type ZeroError } from '../errors/index.ts';
import { type Checkpoint, parseCheckpoint, verifyNodeCheckpoint } from '../log/index.ts';
import type { Verified } from '../verified.ts';
import { HEADS_MAX } from './limits.ts';
import type { HeadsRequest, HeadsResponse } from './messages.ts';

/** What one side holds of a log: entries and tree at hand, and the newest checkpoint that they fit. */
export interface Head {
  readonly origin: string;
  /** Entries at hand; it may be beyond the checkpoint's size while a tail is being fetched in parts. */
  readonly size: number;
  /** Text of the newest signed checkpoint whose entries are all at hand. */
  readonly checkpoint: string;
}

/** A tail to ask for: entries [from, to). */
export interface Fetch {
  readonly origin: string;
  readonly from: number;
  readonly to: number;
  readonly checkpoint: Verified<Checkpoint>;
}

/** Two signed checkpoints of one log and one size with two roots: evidence by itself. */
export interface Fork {
  readonly origin: string;
  readonly mine: string;
  readonly theirs: Verified<Checkpoint>;
}

export interface SyncPlan {
  /** Logs of which the partner has more. */
  readonly fetch: readonly Fetch[];
  /** Logs that signed two roots for one size. */
  readonly forks: readonly Fork[];
  /** Verified heads below mine: compare them with my own tree, since a fork shows there too. */
  readonly behind: readonly Verified<Checkpoint>[];
  /** Heads that do not verify. */
  readonly refused: readonly ZeroError[];
}

/** Decides what to do about a partner's heads. Verifies each that differs from mine; never throws on hostile heads. */
export function planSync(mine: ReadonlyMap<string, Head>, theirs: Iterable<string>): SyncPlan {
  const plan = {
    fetch: [] as Fetch[],
    forks: [] as Fork[],
    behind: [] as Verified<Checkpoint>[],
    refused: [] as ZeroError[],
  };
  const settled = new Set<string>();
  let looked = 0;
  for (const text of theirs) {
    if (++looked > HEADS_MAX) break;
    try {
      const { origin } = parseCheckpoint(text);
      const own = mine.get(origin);
      if (own?.checkpoint === text || settled.has(origin)) continue;
      place(plan, own, verifyNodeCheckpoint(text, origin));
      // Only a verified head settles its log: a false one in front must not hide it.
      settled.add(origin);
    } catch (error) {
      if (!isZeroError(error)) throw error;
      plan.refused.push(error);
    }
  }
  return plan;
}

function place(
  plan: { fetch: Fetch[]; forks: Fork[]; behind: Verified<Checkpoint>[] },
  own: Head | undefined,
  head: Verified<Checkpoint>,
): void {
  const { origin, size } = head;
  const held = own?.size ?? 0;
  if (own !== undefined) {
    const signed = parseCheckpoint(own.checkpoint);
    if (signed.size === size) {
      if (!equalBytes(signed.root, head.root))
        plan.forks.push({ origin, mine: own.checkpoint, theirs: head });
      return;
    }
  }
  // With all entries already at hand, an equal size still brings the signature over them.
  if (size >= held && size > 0) plan.fetch.push({ origin, from: held, to: size, checkpoint: head });
  else if (size > 0) plan.behind.push(head);
}

/** Requests that together cover all origins, at most HEADS_MAX heads each. */
export function headsRequests(mine: ReadonlyMap<string, Head>): HeadsRequest[] {
  const sorted = [...mine.values()].sort((a, b) => (a.origin < b.origin ? -1 : 1));
  const requests: HeadsRequest[] = [];
  for (let at = 0; at === 0 || at < sorted.length; at += HEADS_MAX) {
    const page = sorted.slice(at, at + HEADS_MAX);
    const after = at === 0 ? null : sorted[at - 1]!.origin;
    const upTo = at + HEADS_MAX < sorted.length ? page[page.length - 1]!.origin : null;
    requests.push({ kind: 'heads-request', after, upTo, heads: page.map((head) => head.checkpoint) });
  }
  return requests;
}

/** The answer to a heads request: every head of the interval that the asker lacks, or holds otherwise. */
export function answerHeads(mine: ReadonlyMap<string, Head>, request: HeadsRequest): HeadsResponse {
  const theirs = new Set(request.heads);
  const heads: string[] = [];
  const within = [...mine.values()]
    .filter(
      ({ origin }) =>
        (request.after === null || origin > request.after) &&
        (request.upTo === null || origin <= request.upTo),
    )
    .sort((a, b) => (a.origin < b.origin ? -1 : 1));
  let last: string | null = null;
  for (const head of within) {
    if (theirs.has(head.checkpoint)) continue;
    if (heads.length === HEADS_MAX) return { kind: 'heads-response', heads, resumeAfter: last };
    heads.push(head.checkpoint);
    last = head.origin;
  }
  return { kind: 'heads-response', heads, resumeAfter: null };
}
