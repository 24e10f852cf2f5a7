// The book of partners: nothing that is booked of a partner is lost to a change that was under way, in memory or on disk.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../node/clock/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { PartnerBook } from '../../../node/partners/partner-book.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { OPEN_SCOPE, signAgreement, verifyAgreement } from '../../../protocol/partner/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';

const acme = makeAgent(10);
const bolt = makeAgent(40);
const NOW = Date.parse('2026-03-01T00:00:00Z');
const clock = { ...systemClock, now: () => NOW };
const budget = { queriesPerMinute: 60, rowsPerQuery: 100, bytesPerMinute: 1_000_000 };
const terms = { grantee: bolt.agentId, sequence: 1, notAfterMs: NOW + 86_400_000, scope: OPEN_SCOPE, budget };
const agreement = verifyAgreement(signAgreement({ ...acme, signers: [acme.operational] }, terms, NOW), NOW);

async function withBook(work: (open: () => Promise<PartnerBook>) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'zerostate-book-'));
  const db = await openDatabase(dir);
  const log = createLogger({ level: 'silent', name: 'test' });
  try {
    await work(async () => {
      const book = new PartnerBook({ db, clock, log });
      await book.load();
      return book;
    });
  } finally {
    await db.close();
    await rm(dir, { recursive: true });
  }
}

const added = (book: PartnerBook) =>
  book.put({
    agent: bolt.agentId,
    name: 'bolt',
    self: acme.agentId,
    addresses: [],
    peers: [],
    passUntilMs: 0,
    given: { agreement, consent: null },
    taken: null,
    usage: book.fresh(),
    addedAt: NOW,
    opened: { agreement: '', next: 0 },
  });

describe('partner book', () => {
  it('a lie that is booked while the partner is changed stays, and so do both of two changes', () =>
    withBook(async (open) => {
      const book = await open();
      await added(book);
      const changes = [
        book.change(bolt.agentId, { name: 'other' }),
        book.note(bolt.agentId, { kind: 'lied' }),
        book.change(bolt.agentId, { peers: ['one'] }),
        book.note(bolt.agentId, { kind: 'late' }),
        added(book),
        book.note(bolt.agentId, { kind: 'invalid' }),
      ];
      await Promise.all(changes);
      for (const each of [book, await open()]) {
        const { usage } = each.get(bolt.agentId);
        assert.deepEqual([usage.lies, usage.counts.late, usage.counts.invalid], [1, 1, 1]);
      }
      await Promise.all([
        book.change(bolt.agentId, { name: 'other' }),
        book.change(bolt.agentId, { peers: ['one'] }),
      ]);
      const { name, peers } = (await open()).get(bolt.agentId);
      assert.deepEqual([name, peers], ['other', ['one']]);
    }));

  it('who was removed does not come back with what is booked late', () =>
    withBook(async (open) => {
      const book = await open();
      await added(book);
      await Promise.all([book.remove(bolt.agentId), book.note(bolt.agentId, { kind: 'invalid' })]);
      await book.note(bolt.agentId, { kind: 'invalid' });
      await book.save();
      for (const each of [book, await open()])
        assert.throws(() => each.get(bolt.agentId), refused('PARTNER_UNKNOWN'));
    }));
});
