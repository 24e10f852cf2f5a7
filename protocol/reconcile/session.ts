// Range-based set reconciliation as a pure step: my set and your message in, my answer and what I learned out. The answering side
// keeps nothing between messages. After Aljoscha Meyer's range-based set reconciliation, with 64-bit orders, a salt for each
// session, short tags in lists, and no answer longer than the credit that was granted for it.

import { equalBytes } from '../bytes/index.ts';
import { ZeroError } from '../errors/index.ts';
import { ByteWriter } from './byte-writer.ts';
import {
  BUCKETS,
  ID_BYTES,
  LIST_ITEMS_MAX,
  RECONCILE_BYTES_MAX,
  RECONCILE_CREDIT_MIN,
  SALT_BYTES,
} from './limits.ts';
import { decodeHeader, decodeMessage, encodeHeader, type Header, type Range, writeRange } from './message.ts';
import type { Bound, RangeSet } from './range-set.ts';

export interface StepResult {
  /** What to send back; null when nothing is open any more. */
  readonly reply: Uint8Array | null;
  /** Ids that the other side lacks. */
  readonly have: readonly Uint8Array[];
  /** Ids that I lack. */
  readonly need: readonly Uint8Array[];
}

// Room that is always left for one last range over all that did not fit: bounds (2 * 43), modes, fingerprint.
const REMAINDER_BYTES = 120;
// Bounds, modes, bits and counts of a difference, without its ids.
const DIFFERENCE_FRAME_BYTES = 128;

interface Learned {
  readonly have: Uint8Array[];
  readonly need: Uint8Array[];
}

/** Collects the ranges of an answer within the credit, and knows up to which place of the set they speak. */
class Answer {
  readonly set: RangeSet;
  readonly salt: Uint8Array;
  readonly #credit: number;
  readonly #out = new ByteWriter();
  #previous = 0n;
  /** A settled bound that is not written yet: it is only needed when an open range follows. */
  #settled: Bound | null | undefined;
  #place = 0;
  #open = false;

  constructor(set: RangeSet, header: Header, credit: number) {
    this.set = set;
    this.salt = header.salt;
    this.#out.bytes(encodeHeader(header));
    this.#credit = credit;
  }

  /** Bytes that open ranges may still take. */
  get left(): number {
    return this.#credit - this.#out.length - REMAINDER_BYTES;
  }

  /** Nothing more to say up to this bound, which is at this place of the set. */
  settle(upper: Bound | null, place: number): void {
    this.#settled = upper;
    this.#place = place;
  }

  /** Writes an open range up to this place when it fits. */
  write(range: Range, place: number, spare = 0): boolean {
    const start = this.#out.length;
    const budget = this.left + spare;
    let previous = this.#previous;
    if (this.#settled != null) {
      writeRange(this.#out, { mode: 'skip', upper: this.#settled }, previous);
      previous = this.#settled.order;
    }
    writeRange(this.#out, range, previous);
    if (this.#out.length - start > budget) {
      this.#out.truncate(start);
      return false;
    }
    this.#previous = range.upper?.order ?? previous;
    this.#settled = undefined;
    this.#place = place;
    this.#open = true;
    return true;
  }

  /** One fingerprint over everything above the last bound: it keeps open what did not fit. */
  writeRemainder(): void {
    const fingerprint = this.set.fingerprint(this.#place, this.set.size, this.salt);
    this.write({ mode: 'fingerprint', upper: null, fingerprint }, this.set.size, REMAINDER_BYTES);
  }

  finish(): Uint8Array | null {
    return this.#open ? this.#out.finish() : null;
  }
}

function requireCredit(credit: number): void {
  if (!Number.isSafeInteger(credit) || credit < RECONCILE_CREDIT_MIN || credit > RECONCILE_BYTES_MAX) {
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `credit is from ${RECONCILE_CREDIT_MIN} to ${RECONCILE_BYTES_MAX} bytes`,
    );
  }
}

/** The first message of a session. `salt` is 16 random bytes, new for each session; `itemSalted` says how the set was built. */
export function startReconciliation(
  set: RangeSet,
  session: { salt: Uint8Array; itemSalted?: boolean },
): Uint8Array {
  if (session.salt.length !== SALT_BYTES)
    throw new ZeroError('DECODE_FAILED', `salt is not ${SALT_BYTES} bytes`);
  const answer = new Answer(
    set,
    { salt: session.salt, itemSalted: session.itemSalted ?? false },
    RECONCILE_CREDIT_MIN,
  );
  cut(answer, 0, set.size, null);
  return answer.finish() as Uint8Array;
}

/** Reads only the header of a message: under which salt the items are to be weighed. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function reconciliationHeader(message: Uint8Array): Header {
  return decodeHeader(message);
}

/**
 * One step of either side. `set` must be weighed as the message's header says, and stay the same through a session. The reply has at
 * most `credit` bytes. Throws DECODE_FAILED, LIMIT_EXCEEDED, or SYNC_REFUSED for a message that does not fit the set.
 */
export function stepReconciliation(set: RangeSet, message: Uint8Array, credit: number): StepResult {
  requireCredit(credit);
  const { header, ranges } = decodeMessage(message);
  const answer = new Answer(set, header, credit);
  const learned: Learned = { have: [], need: [] };
  let from = 0;
  for (const range of ranges) {
    const to = set.lowerBound(range.upper);
    if (!respond(answer, learned, range, from, to)) {
      answer.writeRemainder();
      break;
    }
    from = to;
  }
  return { reply: answer.finish(), ...learned };
}

/** Answers one range [from, to) of the set. False when the answer did not fit whole. */
function respond(answer: Answer, learned: Learned, range: Range, from: number, to: number): boolean {
  const { set, salt } = answer;
  switch (range.mode) {
    case 'skip':
      break;
    case 'fingerprint':
      if (!equalBytes(set.fingerprint(from, to, salt), range.fingerprint))
        return cut(answer, from, to, range.upper);
      break;
    case 'list':
      return differ(answer, learned, range, from, to);
    case 'difference':
      return give(answer, learned, range, from, to);
    case 'give':
      learned.need.push(...range.ids);
  }
  answer.settle(range.upper, to);
  return true;
}

/** Says more about a range that differs: tags of its items when they are few, else fingerprints of its parts. */
function cut(answer: Answer, from: number, to: number, upper: Bound | null): boolean {
  const { set, salt } = answer;
  if (to - from <= LIST_ITEMS_MAX)
    return answer.write({ mode: 'list', upper, tags: tagsOf(set, from, to) }, to);
  for (let bucket = 0, low = from; bucket < BUCKETS; bucket++) {
    const high = from + Math.floor(((to - from) * (bucket + 1)) / BUCKETS);
    const bound = bucket === BUCKETS - 1 ? upper : set.boundBefore(high);
    if (
      !answer.write(
        { mode: 'fingerprint', upper: bound, fingerprint: set.fingerprint(low, high, salt) },
        high,
      )
    )
      return false;
    low = high;
  }
  return true;
}

function tagsOf(set: RangeSet, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => set.tag(from + i));
}

/** Answers a list with what each side lacks of it; when too much is lacking for the credit, the range is cut instead. */
function differ(
  answer: Answer,
  learned: Learned,
  range: Range & { mode: 'list' },
  from: number,
  to: number,
): boolean {
  const { set } = answer;
  const room = Math.floor((answer.left - DIFFERENCE_FRAME_BYTES) / ID_BYTES);
  // All but the listed items are lacking there; so many need not be looked at one by one.
  if (to - from - range.tags.length > room)
    return to - from > LIST_ITEMS_MAX && cut(answer, from, to, range.upper);
  const listed = new Set(range.tags);
  const own = new Set<number>();
  const extra: Uint8Array[] = [];
  for (let i = from; i < to; i++) {
    const tag = set.tag(i);
    own.add(tag);
    if (!listed.has(tag)) extra.push(set.id(i).slice());
  }
  const unknown = range.tags.map((tag) => !own.has(tag));
  if (extra.length === 0 && !unknown.includes(true)) {
    answer.settle(range.upper, to);
    return true;
  }
  if (!answer.write({ mode: 'difference', upper: range.upper, unknown, ids: extra }, to)) return false;
  learned.have.push(...extra);
  return true;
}

/** Answers a difference with the ids behind the tags that were unknown. */
function give(
  answer: Answer,
  learned: Learned,
  range: Range & { mode: 'difference' },
  from: number,
  to: number,
): boolean {
  if (range.unknown.length !== to - from)
    throw new ZeroError('SYNC_REFUSED', 'a difference is not of the list that was sent');
  const ids: Uint8Array[] = [];
  range.unknown.forEach((unknown, i) => {
    if (unknown) ids.push(answer.set.id(from + i).slice());
  });
  if (ids.length === 0) answer.settle(range.upper, to);
  else if (!answer.write({ mode: 'give', upper: range.upper, ids }, to)) return false;
  learned.have.push(...ids);
  learned.need.push(...range.ids);
  return true;
}
