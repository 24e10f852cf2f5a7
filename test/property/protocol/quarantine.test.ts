// Orders and releases in any order of arrival: the same state everywhere, and nothing opens what an order keeps shut but a release of that very
// order, by enough of those whom it names, with a number above its own.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import { timeText } from '../../../protocol/fields/index.ts';
import type { AgentId } from '../../../protocol/identity/index.ts';
import { QUARANTINE_CLOCK_MS, QuarantineBook } from '../../../protocol/quarantine/index.ts';

const AGENTS = [1, 2, 3].map((n) => `zs:${contentIdOf(new Uint8Array(32).fill(n))}` as AgentId);
const START = Date.UTC(2026, 2, 1);
const DAY = 86_400_000;
const idOf = (n: number) => contentIdOf(new Uint8Array(32).fill(100 + n));

/** An order or a release, in small numbers. */
type Said =
  | {
      order: number;
      by: number;
      sequence: number;
      target: number;
      days: number;
      releasers: number[];
      threshold: number;
    }
  | { release: number; of: number; by: number; sequence: number };

const orders = fc.uniqueArray(
  fc.record({
    order: fc.integer({ min: 0, max: 5 }),
    by: fc.integer({ min: 0, max: 2 }),
    sequence: fc.integer({ min: 1, max: 4 }),
    target: fc.integer({ min: 0, max: 2 }),
    days: fc.integer({ min: 1, max: 3 }),
    releasers: fc.uniqueArray(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
    threshold: fc.integer({ min: 1, max: 3 }),
  }),
  { selector: ({ order }) => order, maxLength: 6 },
);
const releases = fc.uniqueArray(
  fc.record({
    release: fc.integer({ min: 50, max: 70 }),
    of: fc.integer({ min: 0, max: 5 }),
    by: fc.integer({ min: 0, max: 2 }),
    sequence: fc.integer({ min: 1, max: 6 }),
  }),
  { selector: ({ release }) => release, maxLength: 12 },
);

function tell(book: QuarantineBook, said: Said): void {
  const issuer = AGENTS[said.by] as AgentId;
  const authored = { issuer, keychain: undefined as never, issuedAt: timeText(START), reason: 'r' };
  if ('order' in said) {
    const { days, order, releasers, sequence, target } = said;
    book.addOrder(
      {
        id: idOf(order),
        issuer,
        signer: { agentId: issuer },
        origins: new Set<string>(),
        order: {
          ...authored,
          sequence,
          targets: [{ kind: 'agent', id: AGENTS[target] as string }],
          regions: [],
          expiresAt: timeText(START + days * DAY),
          evidence: [],
          release: {
            by: releasers.map((n) => AGENTS[n] as AgentId),
            threshold: Math.min(said.threshold, releasers.length),
          },
        },
      },
      true,
      START,
    );
  } else {
    const { of, release, sequence } = said;
    book.addRelease(
      {
        id: idOf(release),
        issuer,
        signer: { agentId: issuer },
        origins: new Set<string>(),
        release: { ...authored, sequence, order: idOf(of), evidence: [idOf(99)] },
      },
      true,
    );
  }
}

function bookOf(all: readonly Said[]): QuarantineBook {
  const book = new QuarantineBook();
  for (const one of all) tell(book, one);
  return book;
}

const states = (book: QuarantineBook, at: number) =>
  [0, 1, 2, 3, 4, 5].map((n) => book.stateOf(idOf(n), at) ?? null);

describe('quarantine, any order of arrival', () => {
  it('ends in the same state everywhere, whatever is told twice', () => {
    fc.assert(
      fc.property(orders, releases, fc.infiniteStream(fc.nat()), (some, more, stream) => {
        const all: Said[] = [...some, ...more];
        const mixed = [...all, ...all]
          .map((one) => ({ one, key: stream.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const [straight, shuffled] = [bookOf(all), bookOf(mixed)];
        for (const days of [0, 1, 2, 3, 4])
          assert.deepEqual(states(shuffled, START + days * DAY), states(straight, START + days * DAY));
      }),
    );
  });

  it('releases only by enough of those whom the order names, the issuer with a higher number', () => {
    fc.assert(
      fc.property(orders, releases, (some, more) => {
        const book = bookOf([...more, ...some]);
        for (const said of some) {
          const { by, order, releasers, sequence } = said;
          const threshold = Math.min(said.threshold, releasers.length);
          const counting = new Set(
            more
              .filter((one) => one.of === order && releasers.includes(one.by))
              .filter((one) => one.by !== by || one.sequence > sequence)
              .map((one) => one.by),
          );
          const state = book.stateOf(idOf(order), START);
          assert.equal(state === 'released', counting.size >= threshold);
          assert.ok(state === 'released' || state === 'held');
        }
      }),
    );
  });

  it('a further order or an old release never shortens what another holds', () => {
    fc.assert(
      fc.property(orders, orders, releases, (some, later, more) => {
        const fresh = later
          .map((one) => ({ ...one, order: one.order + 10 }))
          .filter(({ order }) => !more.some(({ of }) => of === order));
        const before = bookOf(some);
        const after = bookOf([...some, ...fresh]);
        const last = START + 3 * DAY + QUARANTINE_CLOCK_MS;
        for (const at of [START, START + DAY, last]) assert.deepEqual(states(after, at), states(before, at));
      }),
    );
  });
});
