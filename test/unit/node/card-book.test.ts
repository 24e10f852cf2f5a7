// The book of cards: in whatever order cards arrive, the newest stays; a lower sequence never wins.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CardBook } from '../../../node/cards/card-book.ts';
import { cardKey, cardRules } from '../../../node/dht/rules.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { delegateOperationalKey } from '../../../protocol/identity/index.ts';
import { makeAgent, makeCard, publicKey, refused, seed, VALIDITY } from '../../support/agents.ts';

const PREVIOUS = 'bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const agent = makeAgent(10);
const rotated = {
  ...delegateOperationalKey({
    keychain: agent.keychain,
    identitySeed: seed(10),
    operationalPublicKey: publicKey(13),
    ...VALIDITY,
  }),
  operational: seedSigner(seed(13)),
};
const version = (sequence: number, of: Pick<typeof rotated, 'keychain' | 'operational'> = agent) =>
  makeCard(of, { sequence, previous: sequence > 1 ? PREVIOUS : null });
// Oldest first; the last is the owner's after the theft of the operational key.
const cards = [version(1), version(2), version(Number.MAX_SAFE_INTEGER), version(3, rotated)].map((one) =>
  verifyCard(one),
);
const newest = cards[3]!;

describe('the book of cards', () => {
  it('ends with the same card for every order of arrival', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
        fc.array(fc.nat(3)),
        (order, again) => {
          const kept: string[] = [];
          const book = new CardBook();
          book.listen(({ cardId }) => kept.push(cardId));
          for (const i of [...order, ...again]) book.offer(cards[i]!);
          assert.equal(book.get(agent.agentId)?.cardId, newest.cardId);
          assert.equal(kept.at(-1), newest.cardId);
        },
      ),
    );
  });

  it('says why it kept nothing', () => {
    const book = new CardBook();
    assert.equal(book.offer(cards[1]!), 'new');
    assert.equal(book.offer(cards[1]!), 'same');
    assert.equal(book.offer(cards[0]!), 'stale');
    assert.equal(book.list().length, 1);
  });
});

describe('rules of the DHT', () => {
  const key = cardKey(agent.agentId);
  const bytes = cards.map(({ envelope }) => encodeEnvelope(envelope));
  const rules = (known?: number) => {
    const book = new CardBook();
    if (known !== undefined) book.offer(cards[known]!);
    return cardRules(book);
  };
  const validate = (value: Uint8Array, known?: number, at = key) =>
    rules(known).validators['zs-card']?.(at, value);

  it('refuses an older card than is known, and takes the same and newer ones', async () => {
    await validate(bytes[2]!, 1);
    await validate(bytes[3]!, 3);
    for (const older of [0, 1, 2]) assert.throws(() => validate(bytes[older]!, 3), refused('CARD_STALE'));
  });

  it('does not verify what would be refused if it were genuine', () => {
    const { envelope } = cards[0]!;
    const signatures = envelope.signatures.map((one) => ({ ...one, sig: new Uint8Array(64) }));
    const forged = encodeEnvelope({ ...envelope, signatures });
    assert.throws(() => validate(forged, 1), refused('CARD_STALE'));
    assert.throws(() => validate(forged, 0), refused('SIGNATURE_INVALID'));
  });

  it('refuses a card under the key of another agent, and what is no card', () => {
    assert.throws(
      () => validate(bytes[0]!, undefined, cardKey(makeAgent(20).agentId)),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(() => validate(new Uint8Array(100_000)), refused('LIMIT_EXCEEDED'));
    assert.throws(() => validate(new Uint8Array(10)), refused('DECODE_FAILED'));
  });

  it('selects the newest valid record, wherever it stands', () => {
    const select = (...values: Uint8Array[]) => rules().selectors['zs-card']?.(key, values);
    assert.equal(select(bytes[0]!, bytes[3]!, bytes[2]!), 1);
    assert.equal(select(new Uint8Array(5), bytes[2]!, bytes[1]!), 1);
    assert.equal(select(bytes[3]!, new Uint8Array(5)), 0);
  });
});
