// A lower sequence never wins anywhere: versions of one agent's card come through every door of a node, in any order and at once, and
// neither the book, nor the records held for the DHT, nor the index, nor a lookup ever goes back.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Libp2pRecord } from '@libp2p/record';
import fc from 'fast-check';
import { Key } from 'interface-datastore';
import { type CardIndex, openIndex } from '../../../index-service/index.ts';
import { Admission, servingPeer } from '../../../node/admission/index.ts';
import { CardBook } from '../../../node/cards/card-book.ts';
import { systemClock } from '../../../node/clock/index.ts';
import { CardRecords } from '../../../node/dht/card-records.ts';
import { RecordStore } from '../../../node/dht/record-store.ts';
import { cardKey, cardRules, chargedRules } from '../../../node/dht/rules.ts';
import type { Host } from '../../../node/host/create.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { StatementRouter } from '../../../node/statements/router.ts';
import { compareCards, type VerifiedCard, verifyCard } from '../../../protocol/card/index.ts';
import { encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { delegateOperationalKey } from '../../../protocol/identity/index.ts';
import { DRAFT, makeAgent, makeCard, publicKey, seed, VALIDITY } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const PREVIOUS = 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const log = createLogger({ level: 'silent', name: 'test' });
const DOORS = ['log', 'dht-put', 'dht-get', 'index'] as const;
type Door = (typeof DOORS)[number];

/** Versions of one agent's card, oldest first: two sequences forked, and the owner's new key at the end with a low sequence. */
function versionsOf(n: number): VerifiedCard[] {
  const agent = makeAgent(n);
  const rotated = {
    ...delegateOperationalKey({
      keychain: agent.keychain,
      identitySeed: seed(n),
      operationalPublicKey: publicKey(n + 3),
      ...VALIDITY,
    }),
    operational: seedSigner(seed(n + 3)),
  };
  const card = (sequence: number, of: Parameters<typeof makeCard>[0], name: string) =>
    verifyCard(
      makeCard(of, {
        sequence,
        previous: sequence > 1 ? PREVIOUS : null,
        draft: { ...DRAFT, name },
      }),
    );
  return [
    card(1, agent, 'one'),
    card(2, agent, 'two'),
    card(2, agent, 'two again'),
    card(3, agent, 'three'),
    card(Number.MAX_SAFE_INTEGER, agent, 'the thief’s last'),
    card(2, rotated, 'the owner’s'),
  ].sort((a, b) => compareCards(a.card, b.card));
}

/** The parts of a node that keep cards, joined as a node joins them. */
class Keeper {
  readonly book = new CardBook();
  readonly router = new StatementRouter({
    log,
    handlers: {
      isSuperseded: (envelope) => this.book.isSuperseded(envelope),
      card: (card) => void this.book.offer(card),
      statement: () => {},
    },
  });
  readonly #rules = cardRules(this.book);
  readonly #charged: ReturnType<typeof cardRules>;
  readonly store: RecordStore;
  readonly index: CardIndex;
  #answers: Uint8Array[] = [];
  readonly #records: CardRecords;

  constructor(db: Awaited<ReturnType<TestDatabase['open']>>, index: CardIndex) {
    this.index = index;
    const metrics = createMetrics();
    const admission = new Admission({ clock: systemClock, log, metrics });
    this.#charged = chargedRules(this.#rules, admission);
    const caps = { recordsMax: 64, bytesMax: 1_048_576 };
    this.store = new RecordStore({
      db,
      rules: this.#rules,
      caps,
      admission,
      clock: systemClock,
      log,
      metrics,
    });
    const keeper = this;
    const host = {
      getPeers: () => [1],
      getConnections: () => [],
      services: {
        dht: {
          async *get() {
            for (const [i, value] of keeper.#answers.entries()) yield { name: 'VALUE', from: `p${i}`, value };
          },
        },
      },
    } as unknown as Host;
    this.#records = new CardRecords({ host, log, groupPrivate: false });
  }

  /** A version comes in as it would from the network. What is refused is refused. */
  async take(door: Door, version: VerifiedCard, all: readonly VerifiedCard[]): Promise<void> {
    const { id } = version.card;
    const bytes = encodeEnvelope(version.envelope);
    if (door === 'log')
      this.router.apply(bytes, { position: { origin: 'x', index: 0, statementId: 'x' }, live: true });
    else if (door === 'index')
      await this.index.upsert({ agentId: id, cardId: version.cardId, card: version.card, envelope: bytes });
    else if (door === 'dht-get') {
      // Holders answer with this version, and others after it with all older ones.
      const older = all.slice(0, all.indexOf(version));
      this.#answers = [version, ...older].map(({ envelope }) => encodeEnvelope(envelope));
      const found = await this.#records.get(id);
      assert.equal(found?.cardId, version.cardId);
      if (found !== undefined) this.book.offer(found);
    } else await this.#put(id, bytes).catch(() => undefined);
  }

  async #put(id: string, bytes: Uint8Array): Promise<void> {
    const key = cardKey(id as never);
    await servingPeer('p', async () => {
      await this.#charged.validators['zs-card']!(key, bytes);
      await this.store.put(keyOf(id), new Libp2pRecord(key, bytes, new Date()).serialize() as Uint8Array);
    });
  }

  /** What each place holds of an agent; undefined for nothing. */
  async held(id: string): Promise<(string | undefined)[]> {
    const record = await this.store.get(keyOf(id)).then(
      (raw) => verifyCard(Libp2pRecord.deserialize(raw).value).cardId,
      () => undefined,
    );
    return [this.book.get(id as never)?.cardId, record, (await this.index.get(id))?.cardId];
  }
}

const keyOf = (id: string) => new Key(`/dht/record/${Buffer.from(id).toString('hex')}`, false);

describe('the newest card', function () {
  this.timeout(60_000);

  it('is never displaced by an older one: not in the book, the DHT’s store, the index or a lookup', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-newest-'));
    await using database = new TestDatabase();
    const index = await openIndex({ dir: join(folder, 'index'), embedder: wordEmbedder() });
    const db = await database.open();
    let agents = 0;
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(fc.tuple(fc.constantFrom(...DOORS), fc.nat(5)), { minLength: 1, maxLength: 4 }), {
            minLength: 1,
            maxLength: 12,
          }),
          async (waves) => {
            const versions = versionsOf(1 + (agents++ % 60) * 4);
            const { id } = versions[0]!.card;
            const keeper = new Keeper(db, index);
            await keeper.store.delete(keyOf(id));
            await index.remove(id);
            const rank = (cardId: string | undefined) =>
              versions.findIndex((version) => version.cardId === cardId);
            let before = [-1, -1, -1];
            // Each wave comes in at once.
            for (const wave of waves) {
              await Promise.all(wave.map(([door, n]) => keeper.take(door, versions[n]!, versions)));
              const now = (await keeper.held(id)).map(rank);
              now.forEach((place, i) => {
                assert.ok(place >= before[i]!, `place ${i} went from ${before[i]} to ${place}`);
              });
              const seen = (door: Door) =>
                Math.max(
                  ...waves
                    .slice(0, waves.indexOf(wave) + 1)
                    .flat()
                    .map(([d, n]) => (d === door ? n : -1)),
                );
              assert.equal(now[0], Math.max(seen('log'), seen('dht-get')));
              assert.equal(now[2], seen('index'));
              before = now;
            }
          },
        ),
        { numRuns: 60 },
      );
    } finally {
      await index.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
