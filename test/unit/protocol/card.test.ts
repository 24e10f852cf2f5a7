// Agent cards: what a draft may say, what a signature covers, and which of two cards is newer.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { utf8 } from '../../../protocol/bytes/index.ts';
import * as cards from '../../../protocol/card/index.ts';
import { encodeEnvelope, envelopeId, seedSigner, signEnvelope } from '../../../protocol/envelope/index.ts';
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../../../protocol/json/index.ts';
import { DRAFT, makeAgent, makeCard, NOT_AFTER, refused, seed } from '../../support/agents.ts';

const agent = makeAgent(10);
const envelope = makeCard(agent);

function signRaw(value: JsonValue | Uint8Array, operationalSeed = 12) {
  const payload = value instanceof Uint8Array ? value : canonicalJson(value);
  return signEnvelope({
    payloadType: cards.AGENT_CARD_TYPE,
    payload,
    signers: [seedSigner(seed(operationalSeed))],
  });
}

const body = parseStrictJson(envelope.payload) as JsonObject;

describe('protocol/card', () => {
  it('signs and verifies, from the envelope and from its bytes', () => {
    const { card, cardId, keys } = cards.verifyCard(envelope);
    assert.equal(card.id, agent.agentId);
    assert.equal(cardId, envelopeId(envelope));
    assert.equal(card.operationalKey, keys.operationalKey);
    assert.equal(card.nextKey, keys.nextKey);
    assert.deepEqual(
      [card.epoch, card.keySerial, card.sequence, card.previous, card.log],
      [0, 1, 1, null, null],
    );
    const { name, prices, languages } = card;
    assert.deepEqual(
      { name, prices, languages },
      { name: DRAFT.name, prices: DRAFT.prices, languages: DRAFT.languages },
    );
    assert.deepEqual(cards.verifyCard(encodeEnvelope(envelope)), cards.verifyCard(envelope));
  });

  it('accepts every example card as a draft', () => {
    const folder = new URL('../../../examples/cards/', import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));
    assert.ok(files.length >= 30);
    for (const file of files)
      cards.draftCard(parse(readFileSync(new URL(file, folder), 'utf8')), { region: 'eu-west' });
  });

  it('fills in the region of the node, and never overrides the one given', () => {
    const { region, ...rest } = DRAFT;
    assert.equal(cards.draftCard(rest, { region: 'us-east' }).region, 'us-east');
    assert.equal(cards.draftCard(DRAFT, { region: 'us-east' }).region, region);
    assert.throws(() => cards.draftCard(rest), refused('DECODE_FAILED'));
  });

  const drafts: [string, object, string][] = [
    ['unknown member', { colour: 'red' }, 'DECODE_FAILED'],
    ['empty name', { name: '' }, 'DECODE_FAILED'],
    ['long name', { name: 'x'.repeat(121) }, 'DECODE_FAILED'],
    ['name with a control character', { name: 'a\u0000b' }, 'DECODE_FAILED'],
    ['name that turns the reading direction', { name: 'a\u202eb' }, 'DECODE_FAILED'],
    ['no capability', { capabilities: [] }, 'DECODE_FAILED'],
    ['same tag twice', { tags: ['a', 'a'] }, 'DECODE_FAILED'],
    ['tag with a space', { tags: ['a b'] }, 'DECODE_FAILED'],
    ['33 tags', { tags: Array.from({ length: 33 }, (_, i) => `t${i}`) }, 'DECODE_FAILED'],
    ['region in capitals', { region: 'EU' }, 'DECODE_FAILED'],
    ['fractional amount', { prices: [{ unit: 'request', amount: '1.5', currency: 'EUR' }] }, 'DECODE_FAILED'],
    ['amount as a number', { prices: [{ unit: 'request', amount: 1, currency: 'EUR' }] }, 'DECODE_FAILED'],
    [
      'amount with a leading zero',
      { prices: [{ unit: 'request', amount: '01', currency: 'EUR' }] },
      'DECODE_FAILED',
    ],
    ['negative amount', { prices: [{ unit: 'request', amount: '-1', currency: 'EUR' }] }, 'DECODE_FAILED'],
    ['unknown unit', { prices: [{ unit: 'hour', amount: '1', currency: 'EUR' }] }, 'DECODE_FAILED'],
    ['unknown SLA class', { sla: 'gold' }, 'DECODE_FAILED'],
    ['empty languages', { languages: [] }, 'DECODE_FAILED'],
    ['extension without a URI', { extensions: { a: 1 } }, 'DECODE_FAILED'],
    ['large extension', { extensions: { 'https://example.com/x': 'x'.repeat(4_096) } }, 'LIMIT_EXCEEDED'],
  ];
  for (const [name, changes, code] of drafts) {
    it(`refuses a draft: ${name}`, () =>
      assert.throws(() => cards.draftCard({ ...DRAFT, ...changes }), refused(code)));
  }

  it('carries extensions of others, signed', () => {
    const extensions = { 'https://example.com/badge': { level: 3 } };
    assert.deepEqual(
      cards.verifyCard(makeCard(agent, { draft: { ...DRAFT, extensions } })).card.extensions,
      extensions,
    );
  });

  const other = makeAgent(40);
  const signed: [string, JsonObject, string][] = [
    ['another agent id', { id: other.agentId }, 'CARD_INVALID'],
    ['another epoch', { epoch: 1 }, 'CARD_INVALID'],
    ['another serial', { keySerial: 2 }, 'CARD_INVALID'],
    [
      'another operational key',
      { operationalKey: cards.verifyCard(makeCard(other)).card.operationalKey },
      'CARD_INVALID',
    ],
    ['another next key', { nextKey: `sha256:${'0'.repeat(64)}` }, 'CARD_INVALID'],
    ['a previous card in the first', { previous: envelopeId(envelope) }, 'CARD_INVALID'],
    ['expiry before issue', { expiresAt: '2026-02-01T00:00:00Z' }, 'CARD_INVALID'],
    ['issue before the delegation', { issuedAt: '2025-12-31T23:59:59Z' }, 'CARD_INVALID'],
    ['expiry after the delegation', { expiresAt: '2026-12-31T00:00:01Z' }, 'CARD_INVALID'],
    ['a day that does not exist', { issuedAt: '2026-02-30T00:00:00Z' }, 'DECODE_FAILED'],
    ['a time with an offset', { issuedAt: '2026-03-01T00:00:00+01:00' }, 'DECODE_FAILED'],
    ['sequence 0', { sequence: 0 }, 'DECODE_FAILED'],
    ['sequence beyond safe integers', { sequence: 2 ** 53 }, 'DECODE_FAILED'],
    ['sequence as text', { sequence: '1' }, 'DECODE_FAILED'],
    ['another context', { '@context': 'https://example.com/' }, 'DECODE_FAILED'],
    ['an unknown member', { admin: true }, 'DECODE_FAILED'],
    [
      'an endpoint with a line end',
      { endpoints: [{ protocol: '/a\n', peer: 'x'.repeat(50), addresses: [] }] },
      'DECODE_FAILED',
    ],
    ['a log without a root', { log: { origin: 'o', size: 0 } }, 'DECODE_FAILED'],
    [
      'a negative log size',
      { log: { origin: 'o', size: -1, root: 'A'.repeat(43).concat('=') } },
      'DECODE_FAILED',
    ],
    [
      'a foreign keychain',
      { keychain: cards.verifyCard(makeCard(other)).card.keychain as unknown as JsonValue },
      'SIGNATURE_INVALID',
    ],
  ];
  for (const [name, changes, code] of signed) {
    it(`refuses a signed card with ${name}`, () =>
      assert.throws(() => cards.verifyCard(signRaw({ ...body, ...changes })), refused(code)));
  }
  for (const name of Object.keys(body).filter((key) => key !== 'operator' && key !== 'languages')) {
    it(`refuses a signed card without ${name}`, () => {
      const { [name]: _, ...rest } = body;
      assert.throws(() => cards.verifyCard(signRaw(rest)), refused('DECODE_FAILED'));
    });
  }

  it('refuses a card whose keychain says nothing of its signer, and other payloads', () => {
    assert.throws(() => cards.verifyCard(signRaw(body, 10)), refused('SIGNATURE_INVALID'));
    assert.throws(() => cards.verifyCard(signRaw('x')), refused('DECODE_FAILED'));
    assert.throws(
      () => cards.verifyCard({ ...envelope, payloadType: 'application/json' }),
      refused('DECODE_FAILED'),
    );
    const twice = utf8(`{"sequence":9,${new TextDecoder().decode(envelope.payload).slice(1)}`);
    assert.throws(() => cards.verifyCard(signRaw(twice)), refused('DECODE_FAILED'));
    assert.throws(
      () => cards.verifyCard(signRaw(utf8(`{"a":"${'x'.repeat(70_000)}"}`))),
      refused('LIMIT_EXCEEDED'),
    );
  });

  it('does not sign what others would refuse', () => {
    assert.throws(
      () => makeCard(agent, { operationalSigner: seedSigner(seed(10)) }),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(() => makeCard(agent, { expiresAt: '2027-01-01T00:00:00Z' }), refused('CARD_INVALID'));
  });

  it('is valid from its issue until just before its expiry', () => {
    const { card } = cards.verifyCard(envelope);
    const [from, to] = [Date.parse(card.issuedAt), Date.parse(card.expiresAt)];
    assert.equal(cards.checkCardTime(card, from - 1), 'not-yet-valid');
    assert.equal(cards.checkCardTime(card, from), 'valid');
    assert.equal(cards.checkCardTime(card, to - 1), 'valid');
    assert.equal(cards.checkCardTime(card, to), 'expired');
  });

  it('orders by sequence, then by id; a copy has no order', () => {
    const first = cards.verifyCard(envelope);
    const second = cards.verifyCard(makeCard(agent, { sequence: 2, previous: first.cardId }));
    const twin = cards.verifyCard(makeCard(agent, { expiresAt: NOT_AFTER }));
    assert.ok(cards.compareCards(second.card, first.card) > 0);
    assert.ok(cards.compareCards(first.card, second.card) < 0);
    assert.equal(Math.sign(cards.compareCards(first.card, twin.card)), first.cardId < twin.cardId ? -1 : 1);
    assert.equal(cards.compareCards(first.card, cards.verifyCard(envelope).card), 0);
    assert.throws(() => cards.compareCards({ ...first.card }, second.card), refused('CARD_INVALID'));
    const stored = JSON.parse(JSON.stringify(cards.cardOrder(second.card)));
    assert.ok(cards.compareCardOrder(stored, cards.cardOrder(first.card)) > 0);
  });
});
