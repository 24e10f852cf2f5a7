// Vectors of keychains and cards.

import { AGENT_CARD_TYPE, checkCardTime, verifyCard } from '../../protocol/card/index.ts';
import { envelopeFromJson, seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import type { ErrorCode } from '../../protocol/errors/index.ts';
import {
  delegateOperationalKey,
  keychainFromJson,
  keychainToJson,
  rotateIdentity,
  verifyKeychain,
} from '../../protocol/identity/index.ts';
import type { JsonObject, JsonValue } from '../../protocol/json/index.ts';
import { STATEMENT_PAYLOAD_TYPE } from '../../protocol/statement/index.ts';
import { makeAgent, makeCard, publicKey, seed, VALIDITY } from '../support/agents.ts';
import { envelopeJson as json, payloadOf, resign } from './resign.ts';
import { Cases, type Suite } from './suite.ts';

const ISSUED_AT = '2026-03-01T12:00:00Z';
const agent = makeAgent(10);
const rotated = rotateIdentity({
  keychain: agent.keychain,
  promisedSeed: seed(11),
  currentSeed: seed(10),
  nextIdentityPublicKey: publicKey(14),
  operationalPublicKey: publicKey(15),
  ...VALIDITY,
});

export function keychainSuite(): Suite {
  const check: Suite['check'] = ({ keychain }) => {
    const { agentId, epoch, serial, identityKey, operationalKey } = verifyKeychain(
      keychainFromJson(keychain),
    );
    return { agentId, epoch, serial, identityKey, operationalKey };
  };
  const cases = new Cases(check);
  const first = keychainToJson(agent.keychain) as JsonObject & {
    roots: JsonObject[];
    delegation: JsonObject;
  };
  const second = keychainToJson(rotated.keychain) as typeof first;
  const renewed = delegateOperationalKey({
    keychain: agent.keychain,
    identitySeed: seed(10),
    operationalPublicKey: publicKey(16),
    ...VALIDITY,
  });
  const lost = rotateIdentity({
    keychain: agent.keychain,
    promisedSeed: seed(11),
    nextIdentityPublicKey: publicKey(14),
    operationalPublicKey: publicKey(15),
    ...VALIDITY,
  });
  const foreign = keychainToJson(makeAgent(30).keychain) as typeof first;
  cases.good('a new agent', { keychain: first });
  cases.good('after a rotation: the id stays', { keychain: second });
  cases.good('after a rotation without the old key', { keychain: keychainToJson(lost.keychain) });
  cases.good('another operational key', { keychain: keychainToJson(renewed.keychain) });
  const bad = (name: string, code: ErrorCode, keychain: JsonObject): unknown =>
    cases.bad(name, code, { keychain });
  bad('no root', 'DECODE_FAILED', { ...first, roots: [] });
  bad('the first root is missing', 'KEYCHAIN_INVALID', { ...second, roots: [second.roots[1]!] });
  bad('the delegation of the epoch before', 'SIGNATURE_INVALID', { ...second, delegation: first.delegation });
  bad('the delegation of another agent', 'SIGNATURE_INVALID', { ...first, delegation: foreign.delegation });
  bad('roots in another order', 'KEYCHAIN_INVALID', { ...second, roots: second.roots.toReversed() });
  bad('a root twice', 'KEYCHAIN_INVALID', { ...first, roots: [first.roots[0]!, first.roots[0]!] });
  bad('a root of another agent follows', 'KEYCHAIN_INVALID', {
    ...second,
    roots: [first.roots[0]!, foreign.roots[0]!],
  });
  const root = agent.keychain.roots[0]!;
  const next = rotated.keychain.roots[1]!;
  bad('a root that another key signed', 'SIGNATURE_INVALID', {
    ...first,
    roots: [resign(root, (body) => body, 99)],
  });
  bad('the next root is signed by a key that was not promised', 'KEYCHAIN_INVALID', {
    ...second,
    roots: [
      first.roots[0]!,
      resign(
        next,
        (body) => ({ ...body, identityKey: payloadOf(makeAgent(98).keychain.roots[0]!).identityKey! }),
        98,
      ),
    ],
  });
  bad('a member that is unknown', 'DECODE_FAILED', {
    ...first,
    roots: [resign(root, (body) => ({ ...body, more: 1 }), 10)],
  });
  bad('a delegation that another key signed', 'SIGNATURE_INVALID', {
    ...first,
    delegation: resign(agent.keychain.delegation, (body) => body, 99),
  });
  bad('serial 0', 'DECODE_FAILED', {
    ...first,
    delegation: resign(agent.keychain.delegation, (body) => ({ ...body, serial: 0 }), 10),
  });
  bad('a delegation that ends before it begins', 'KEYCHAIN_INVALID', {
    ...first,
    delegation: resign(
      agent.keychain.delegation,
      (body) => ({ ...body, notAfter: '2025-01-01T00:00:00Z' }),
      10,
    ),
  });
  bad('a time with an offset', 'DECODE_FAILED', {
    ...first,
    delegation: resign(
      agent.keychain.delegation,
      (body) => ({ ...body, notAfter: '2026-12-31T00:00:00+01:00' }),
      10,
    ),
  });
  bad('seventeen roots', 'LIMIT_EXCEEDED', {
    ...first,
    roots: Array.from({ length: 17 }, () => first.roots[0]!),
  });
  return {
    name: 'keychain',
    what: "An agent's keys: a chain of roots, and the delegation of an operational key.",
    input: { keychain: 'the JSON value' },
    output: 'agentId, epoch, serial, identityKey, operationalKey',
    check,
    cases: cases.list,
  };
}

export function cardSuite(): Suite {
  const check: Suite['check'] = ({ envelope, now }) => {
    const { card, cardId } = verifyCard(envelopeFromJson(envelope as JsonObject));
    return { cardId, agentId: card.id, sequence: card.sequence, time: checkCardTime(card, now as number) };
  };
  const cases = new Cases(check);
  const card = makeCard(agent);
  const now = Date.parse(ISSUED_AT);
  cases.good('in force', { envelope: json(card), now });
  cases.good('at its first moment', { envelope: json(card), now: Date.parse('2026-03-01T00:00:00Z') });
  cases.good('expired', { envelope: json(card), now: Date.parse('2026-03-02T00:00:00Z') });
  cases.good('not yet in force', { envelope: json(card), now: Date.parse('2026-02-28T23:59:59Z') });
  cases.good('after a rotation', {
    envelope: json(
      makeCard({ keychain: rotated.keychain, operational: seedSigner(seed(15)) }, { sequence: 2 }),
    ),
    now,
  });
  const bad = (name: string, code: ErrorCode, change: (body: JsonObject) => JsonValue, by = 12): unknown =>
    cases.bad(name, code, { envelope: resign(card, change, by), now });
  bad('signed by another key', 'SIGNATURE_INVALID', (body) => body, 13);
  bad('signed by the identity key', 'SIGNATURE_INVALID', (body) => body, 10);
  bad('the id of another agent', 'CARD_INVALID', (body) => ({ ...body, id: makeAgent(30).agentId }));
  bad('the keychain of another agent', 'SIGNATURE_INVALID', (body) => ({
    ...body,
    keychain: payloadOf(makeCard(makeAgent(30))).keychain!,
  }));
  bad('another epoch', 'CARD_INVALID', (body) => ({ ...body, epoch: 1 }));
  bad('another serial', 'CARD_INVALID', (body) => ({ ...body, keySerial: 2 }));
  bad('another operational key', 'CARD_INVALID', (body) => ({
    ...body,
    operationalKey: seedSigner(seed(13)).keyid,
  }));
  bad('expires before it is issued', 'CARD_INVALID', (body) => ({
    ...body,
    expiresAt: '2026-02-01T00:00:00Z',
  }));
  bad('outlives its key', 'CARD_INVALID', (body) => ({ ...body, expiresAt: '2027-01-01T00:00:00Z' }));
  bad('sequence 0', 'DECODE_FAILED', (body) => ({ ...body, sequence: 0 }));
  bad('sequence as text', 'DECODE_FAILED', (body) => ({ ...body, sequence: '1' }));
  bad('a time that does not exist', 'DECODE_FAILED', (body) => ({
    ...body,
    issuedAt: '2026-02-30T00:00:00Z',
  }));
  bad('an unknown member', 'DECODE_FAILED', (body) => ({ ...body, more: 1 }));
  bad('no name', 'DECODE_FAILED', (body) =>
    Object.fromEntries(Object.entries(body).filter(([key]) => key !== 'name')),
  );
  bad('another type', 'DECODE_FAILED', (body) => ({ ...body, type: 'Card' }));
  bad('a price with a fraction', 'DECODE_FAILED', (body) => ({
    ...body,
    prices: [{ unit: 'request', amount: '1.5', currency: 'EUR' }],
  }));
  bad('a price as a number', 'DECODE_FAILED', (body) => ({
    ...body,
    prices: [{ unit: 'request', amount: 15, currency: 'EUR' }],
  }));
  bad('a control character in the name', 'DECODE_FAILED', (body) => ({ ...body, name: 'a\u202eb' }));
  bad('a first card with a previous one', 'CARD_INVALID', (body) => ({
    ...body,
    previous: `bafkrei${'a'.repeat(52)}`,
  }));
  cases.bad('a receipt', 'DECODE_FAILED', {
    envelope: { ...json(card), payloadType: STATEMENT_PAYLOAD_TYPE },
    now,
  });
  const text = new TextDecoder().decode(card.payload);
  const twice = text.replace('"sequence":1', '"sequence":1,"sequence":2');
  cases.bad('a duplicate key', 'DECODE_FAILED', {
    envelope: json(
      signEnvelope({
        payloadType: AGENT_CARD_TYPE,
        payload: new TextEncoder().encode(twice),
        signers: [agent.operational],
      }),
    ),
    now,
  });
  return {
    name: 'agent-card',
    what: 'An agent card is verified, and its time is judged at a given moment.',
    input: { envelope: 'DSSE JSON', now: 'milliseconds since 1970' },
    output: 'cardId, agentId, sequence, time: valid, expired or not-yet-valid',
    check,
    cases: cases.list,
  };
}
