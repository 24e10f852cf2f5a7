// in-toto statements: any tool's, under trusted keys; and those of agents, which carry their keys and are read strictly.

import assert from 'node:assert/strict';
import {
  decodeEnvelope,
  type Envelope,
  encodeEnvelope,
  envelopeId,
  seedSigner,
  signEnvelope,
} from '../../../protocol/envelope/index.ts';
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../../../protocol/json/index.ts';
import * as st from '../../../protocol/statement/index.ts';
import {
  makeAgent,
  makeDeterministic,
  makeTerms,
  OBSERVED,
  publicKey,
  refused,
  seed,
} from '../../support/agents.ts';

const agent = makeAgent(10);
const other = makeAgent(40);
const issuedAt = '2026-03-01T00:00:00Z';
const digest = `sha256:${'a'.repeat(64)}`;
const someId = envelopeId({ payloadType: 'x', payload: new Uint8Array() });

const samples: { [T in st.OwnPredicateType]: Omit<st.OwnPredicates[T], 'issuer' | 'keychain'> } = {
  [st.RECEIPT_PREDICATE]: { issuedAt, deterministic: makeDeterministic(), observed: OBSERVED },
  [st.CARD_EVENT_PREDICATE]: { issuedAt, event: 'updated', card: someId, sequence: 2, previous: someId },
  [st.REVOCATION_PREDICATE]: {
    issuedAt,
    sequence: 1,
    previous: null,
    target: { kind: 'statement', id: someId },
    reason: 'wrong',
  },
  [st.QUARANTINE_ORDER_PREDICATE]: {
    issuedAt,
    sequence: 1,
    targets: [{ kind: 'agent', id: other.agentId }],
    regions: [],
    expiresAt: '2026-03-20T00:00:00Z',
    reason: 'odd results',
    evidence: [],
    release: { by: [agent.agentId], threshold: 1 },
  },
  [st.QUARANTINE_RELEASE_PREDICATE]: {
    issuedAt,
    sequence: 2,
    order: someId,
    reason: 'mended',
    evidence: [`${someId.slice(0, -2)}be`],
  },
  [st.REPUTATION_EVENT_PREDICATE]: {
    issuedAt,
    about: other.agentId,
    kind: 'task-failed',
    value: -10,
    evidence: [someId],
    note: 'late',
  },
  [st.DECISION_PREDICATE]: {
    issuedAt,
    action: 'task.run',
    resource: { name: 'module', digest },
    verdict: 'deny',
    tier: 'risky',
    degraded: true,
    asOf: issuedAt,
    policyDigest: null,
    reasons: [{ check: 'revocation', ok: false, detail: '' }],
    evidence: [],
  },
  [st.IMPORT_PREDICATE]: {
    issuedAt,
    kind: 'spdx',
    predicateType: 'https://spdx.dev/Document',
    form: 'dsse',
    digest,
    bytes: 9,
    envelope: someId,
    verifiedBy: ['did:key:zDnae'],
    subjects: [{ name: 'app', digest: { sha256: 'b'.repeat(64), gitCommit: 'c'.repeat(40) } }],
  },
  [st.ACCEPTANCE_PREDICATE]: {
    issuedAt,
    receipt: someId,
    executor: other.agentId,
    taskId: 'task-1',
    manifest: someId,
    resultDigest: digest,
    price: null,
  },
  [st.COMPARISON_PREDICATE]: {
    issuedAt,
    taskId: 'task-1',
    jobDigest: digest,
    runs: [
      { receipt: someId, executor: other.agentId, resultDigest: digest },
      {
        receipt: envelopeId({ payloadType: 'y', payload: new Uint8Array() }),
        executor: agent.agentId,
        resultDigest: digest,
      },
    ],
    outcome: 'agreed',
    resultDigest: digest,
  },
  [st.SEALED_PREDICATE]: {
    issuedAt,
    sealedType: null,
    subjects: [{ name: 'app', digest: { sha256: 'b'.repeat(64) } }],
    commitment: digest,
    disclosures: ['a'.repeat(64)],
  },
  [st.CHANNEL_OPEN_PREDICATE]: { issuedAt, ...makeTerms({ payee: other.agentId }) },
  [st.CHANNEL_ACCEPT_PREDICATE]: { issuedAt, channel: someId },
  [st.CHANNEL_CLOSE_PREDICATE]: {
    issuedAt,
    channel: someId,
    kind: 'dispute',
    update: 'AAAA',
    ack: null,
    agreement: null,
    claims: [{ task: 'task-1', receipt: someId }],
  },
  [st.LEDGER_POSTING_PREDICATE]: {
    issuedAt,
    posting: 'p-1',
    kind: 'transfer',
    currency: 'ZST',
    lines: [
      { account: `agent:${agent.agentId}`, amount: '-5' },
      { account: `agent:${other.agentId}`, amount: '5' },
    ],
    memo: '',
  },
};

function sign(type: st.OwnPredicateType, changes: JsonObject = {}): Envelope {
  const predicate = { ...samples[type], ...changes } as never;
  return st.signAgentStatement({
    predicateType: type,
    predicate,
    keychain: agent.keychain,
    signer: agent.operational,
  });
}

// Changes a signed statement and signs it again.
function resign(envelope: Envelope, change: (statement: JsonObject) => JsonValue, byte = 12): Envelope {
  const value = change(structuredClone(parseStrictJson(envelope.payload)) as JsonObject);
  return signEnvelope({
    payloadType: envelope.payloadType,
    payload: canonicalJson(value),
    signers: [seedSigner(seed(byte))],
  });
}

describe('protocol/statement: statements of agents', () => {
  for (const type of st.OWN_PREDICATE_TYPES) {
    it(`signs, verifies and names its author: ${type.split('/').at(-2)}`, () => {
      const envelope = sign(type);
      const verified = st.verifyAgentStatement(encodeEnvelope(envelope));
      assert.deepEqual(
        [verified.issuer, verified.id, verified.predicateType],
        [agent.agentId, envelopeId(envelope), type],
      );
      assert.deepEqual([verified.epoch, verified.keySerial, verified.signerRole], [0, 1, 'operational']);
      assert.equal(verified.signedBy, verified.operationalKey);
      const { issuer, keychain, ...rest } = verified.statement.predicate as JsonObject;
      assert.deepEqual(rest, samples[type]);
      assert.ok(verified.statement.subject.length > 0);
    });

    it(`refuses every missing and every added member: ${type.split('/').at(-2)}`, () => {
      const envelope = sign(type);
      const { predicate } = parseStrictJson(envelope.payload) as { predicate: JsonObject };
      for (const name of Object.keys(predicate).filter((key) => key !== 'note')) {
        const without = resign(envelope, (statement) => {
          delete (statement.predicate as JsonObject)[name];
          return statement;
        });
        assert.throws(() => st.verifyAgentStatement(without), refused('DECODE_FAILED'), name);
      }
      const added = resign(envelope, (statement) => ({
        ...statement,
        predicate: { ...(statement.predicate as JsonObject), extra: 1 },
      }));
      assert.throws(() => st.verifyAgentStatement(added), refused('DECODE_FAILED'));
    });
  }

  const base = sign(st.CARD_EVENT_PREDICATE);
  const predicateOf = (statement: JsonObject) => statement.predicate as JsonObject;
  const receipt = sign(st.RECEIPT_PREDICATE);
  const forged: [string, Envelope, string][] = [
    [
      'one subject fewer',
      resign(receipt, (s) => ({ ...s, subject: (s.subject as JsonValue[]).slice(0, 3) })),
      'STATEMENT_INVALID',
    ],
    [
      'another issuer',
      resign(base, (s) => ({ ...s, predicate: { ...predicateOf(s), issuer: other.agentId } })),
      'STATEMENT_INVALID',
    ],
    [
      'the keychain of another agent',
      resign(base, (s) => ({ ...s, predicate: { ...predicateOf(s), keychain: parsedKeychain(other) } })),
      'SIGNATURE_INVALID',
    ],
    ['a signature of the identity key', resign(base, (s) => s, 10), 'SIGNATURE_INVALID'],
    [
      'a foreign predicate type',
      resign(base, (s) => ({ ...s, predicateType: 'https://slsa.dev/provenance/v1' })),
      'STATEMENT_INVALID',
    ],
    [
      'an unknown version',
      resign(base, (s) => ({ ...s, predicateType: `${st.CARD_EVENT_PREDICATE}1` })),
      'STATEMENT_INVALID',
    ],
    [
      'subjects of something else',
      resign(base, (s) => ({ ...s, subject: [{ name: 'card', digest: { sha256: 'b'.repeat(64) } }] })),
      'STATEMENT_INVALID',
    ],
    [
      'one subject more',
      resign(base, (s) => ({
        ...s,
        subject: [...(s.subject as JsonValue[]), ...(s.subject as JsonValue[])],
      })),
      'STATEMENT_INVALID',
    ],
    [
      'a member beside the subject',
      resign(base, (s) => ({
        ...s,
        subject: [{ ...((s.subject as JsonObject[])[0] as JsonObject), uri: 'x' }],
      })),
      'DECODE_FAILED',
    ],
    ['a member beside the statement', resign(base, (s) => ({ ...s, extra: 1 })), 'DECODE_FAILED'],
    [
      'the old statement type',
      resign(base, (s) => ({ ...s, _type: st.STATEMENT_TYPE_V01 })),
      'DECODE_FAILED',
    ],
    [
      'a date before its key',
      resign(base, (s) => ({ ...s, predicate: { ...predicateOf(s), issuedAt: '2025-12-31T23:59:59Z' } })),
      'STATEMENT_INVALID',
    ],
    [
      'a date after its key',
      resign(base, (s) => ({ ...s, predicate: { ...predicateOf(s), issuedAt: '2026-12-31T00:00:00Z' } })),
      'STATEMENT_INVALID',
    ],
    ['no object', resign(base, () => 'x'), 'DECODE_FAILED'],
    ['nothing', resign(base, () => null), 'DECODE_FAILED'],
    ['a predicate that is nothing', resign(base, (s) => ({ ...s, predicate: null })), 'DECODE_FAILED'],
    [
      'a second signature',
      { ...base, signatures: [...base.signatures, ...base.signatures] },
      'SIGNATURE_INVALID',
    ],
    ['another payload type', { ...base, payloadType: 'application/json' }, 'DECODE_FAILED'],
  ];
  for (const [name, envelope, code] of forged) {
    it(`refuses: ${name}`, () => assert.throws(() => st.verifyAgentStatement(envelope), refused(code)));
  }

  it('knows what it has signed as it was verified then, and nothing that only looks like it', () => {
    const envelope = sign(st.REPUTATION_EVENT_PREDICATE);
    const { id, ...known } = st.signedStatement(envelope)!;
    const { id: again, ...read } = st.verifyAgentStatement(envelope);
    assert.deepEqual([id, known], [again, read]);
    assert.equal(st.signedStatement({ ...envelope }), undefined);
    assert.equal(st.signedStatement(decodeEnvelope(encodeEnvelope(envelope))), undefined);
  });

  it('admits one type when asked for one', () => {
    assert.throws(() => st.verifyAgentStatement(base, st.RECEIPT_PREDICATE), refused('STATEMENT_INVALID'));
  });

  const malformed: [st.OwnPredicateType, JsonObject][] = [
    [st.CARD_EVENT_PREDICATE, { event: 'stolen' }],
    [st.CARD_EVENT_PREDICATE, { card: 'x' }],
    [st.CARD_EVENT_PREDICATE, { sequence: 0 }],
    [st.REPUTATION_EVENT_PREDICATE, { value: 101 }],
    [st.REPUTATION_EVENT_PREDICATE, { value: 0.5 }],
    [st.REPUTATION_EVENT_PREDICATE, { evidence: ['x'] }],
    [st.REPUTATION_EVENT_PREDICATE, { evidence: [someId, someId] }],
    [st.REPUTATION_EVENT_PREDICATE, { about: 'zs:x' }],
    [st.DECISION_PREDICATE, { verdict: 'maybe' }],
    [st.DECISION_PREDICATE, { reasons: [] }],
    [st.DECISION_PREDICATE, { degraded: 'no' }],
    [st.IMPORT_PREDICATE, { envelope: null }],
    [st.IMPORT_PREDICATE, { envelope: 'x' }],
    [st.IMPORT_PREDICATE, { kind: 'other' }],
    [st.IMPORT_PREDICATE, { subjects: [] }],
    [st.IMPORT_PREDICATE, { subjects: [{ name: 'x', digest: {} }] }],
    [st.REVOCATION_PREDICATE, { previous: someId }],
    [st.REVOCATION_PREDICATE, { sequence: 2 }],
    [st.REVOCATION_PREDICATE, { target: { kind: 'statement', id: agent.agentId } }],
    [
      st.REVOCATION_PREDICATE,
      { target: { kind: 'statement', id: someId, through: { epoch: 0, keySerial: 1, sequence: 1 } } },
    ],
    [st.REVOCATION_PREDICATE, { reason: '' }],
  ];
  for (const [type, changes] of malformed) {
    it(`refuses ${type.split('/').at(-2)} with ${JSON.stringify(changes).slice(0, 60)}`, () =>
      assert.throws(() => sign(type, changes), refused('DECODE_FAILED')));
  }
});

function parsedKeychain(of: typeof agent): JsonValue {
  const envelope = st.signAgentStatement({
    predicateType: st.CARD_EVENT_PREDICATE,
    predicate: samples[st.CARD_EVENT_PREDICATE],
    keychain: of.keychain,
    signer: of.operational,
  });
  return ((parseStrictJson(envelope.payload) as JsonObject).predicate as JsonObject).keychain as JsonValue;
}

describe('protocol/statement: statements under given keys', () => {
  const subject = [{ name: 'app', digest: { sha256: 'c'.repeat(64) } }];
  const input = {
    subject,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { buildType: 'x' },
    signer: seedSigner(seed(1)),
  };

  it('verifies, then reads', () => {
    const statement = st.verifyStatement(st.signStatement(input), { keys: [publicKey(1)] });
    assert.deepEqual(statement, {
      _type: st.STATEMENT_TYPE,
      subject,
      predicateType: input.predicateType,
      predicate: input.predicate,
    });
    assert.throws(
      () => st.verifyStatement(st.signStatement(input), { keys: [publicKey(2)] }),
      refused('SIGNATURE_INVALID'),
    );
  });

  it('refuses a statement under another payload type', () => {
    const { payload } = st.signStatement(input);
    const other = signEnvelope({ payloadType: 'application/json', payload, signers: [input.signer] });
    assert.throws(() => st.verifyStatement(other, { keys: [publicKey(1)] }), refused('DECODE_FAILED'));
  });

  it('ignores what in-toto does not know, reads v0.1, and a missing predicate', () => {
    const value = {
      _type: st.STATEMENT_TYPE_V01,
      subject: [{ ...subject[0], annotations: {} }],
      predicateType: 'https://x.example',
      more: 1,
    };
    assert.deepEqual(st.readStatement(value as unknown as JsonValue).predicate, {});
  });

  const good = { _type: st.STATEMENT_TYPE, subject, predicateType: 'https://x.example/v1', predicate: {} };
  const invalid: [string, object, string][] = [
    ['no subject', { subject: [] }, 'DECODE_FAILED'],
    ['a subject without digest', { subject: [{ name: 'a' }] }, 'DECODE_FAILED'],
    ['an empty digest set', { subject: [{ digest: {} }] }, 'DECODE_FAILED'],
    ['a short sha256', { subject: [{ digest: { sha256: 'ab' } }] }, 'DECODE_FAILED'],
    ['sha256 in capitals', { subject: [{ digest: { sha256: 'A'.repeat(64) } }] }, 'DECODE_FAILED'],
    ['a digest that is no text', { subject: [{ digest: { sha256: 1 } }] }, 'DECODE_FAILED'],
    ['a strange algorithm', { subject: [{ digest: { 'a b': 'x' } }] }, 'DECODE_FAILED'],
    ['a strange _type', { _type: 'https://in-toto.io/Statement/v2' }, 'DECODE_FAILED'],
    ['a predicate type with a space', { predicateType: 'a b' }, 'DECODE_FAILED'],
    ['a predicate that is an array', { predicate: [] }, 'DECODE_FAILED'],
    ['1,025 subjects', { subject: new Array(1_025).fill(subject[0]) }, 'LIMIT_EXCEEDED'],
  ];
  for (const [name, changes, code] of invalid) {
    it(`refuses: ${name}`, () =>
      assert.throws(() => st.readStatement({ ...good, ...changes } as unknown as JsonValue), refused(code)));
  }
});
