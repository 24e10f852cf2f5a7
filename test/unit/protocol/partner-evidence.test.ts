// Answers of partners, and the evidence that false ones make: what is left out convicts wherever the question leads, from a file alone;
// what an honest partner may answer convicts nobody.

import assert from 'node:assert/strict';
import { sha256 } from '../../../protocol/crypto/index.ts';
import { envelopeId, seedSigner } from '../../../protocol/envelope/index.ts';
import { encodeLogEntry, noteSigner, parseCheckpoint, signCheckpoint } from '../../../protocol/log/index.ts';
import * as partner from '../../../protocol/partner/index.ts';
import { AnswerVerifier, type ProvenanceQuery, provenanceQuery } from '../../../protocol/provenance/index.ts';
import { signRevocation } from '../../../protocol/revocation/index.ts';
import {
  IMPORT_PREDICATE,
  RECEIPT_PREDICATE,
  signAgentStatement,
} from '../../../protocol/statement/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import { makeAgent, refused, seed } from '../../support/agents.ts';
import { digestOf, MemoryAnswerer, receiptOf } from '../../support/provenance-answers.ts';

const acme = makeAgent(10);
const bolt = makeAgent(40);
const NOW = Date.parse('2026-03-01T00:00:00Z');
const issuedAt = '2026-03-01T00:00:00Z';
const refusal = refused('PROOF_INVALID');

/** Somebody says of a digest what it was built from. */
function imported(subject: string, material?: string) {
  const digest = (id: string) => ({ sha256: id.slice('sha256:'.length) });
  return signAgentStatement({
    predicateType: IMPORT_PREDICATE,
    predicate: {
      issuedAt,
      kind: 'slsa-provenance',
      predicateType: 'https://slsa.dev/provenance/v1',
      form: 'document',
      digest: digestOf(0, 'original'),
      bytes: 9,
      envelope: null,
      verifiedBy: [],
      subjects: [{ name: 'app', digest: digest(subject) }],
      ...(material === undefined
        ? {}
        : {
            facts: {
              builder: null,
              dependencies: [{ name: 'module', digest: digest(material) }],
              assessments: [],
              part: 0,
              parts: 1,
            },
          }),
    },
    keychain: acme.keychain,
    signer: acme.operational,
  });
}

const MODULE = digestOf(0);
const APP = digestOf(1, 'app');
const RECEIPT = receiptOf(2, 0);
/** Entries of the liar's log: the app is built from the module; a receipt ran it; that is revoked; and something else. */
const log = new MemoryAnswerer(5, {
  make: (n) => {
    if (n === 0) return imported(MODULE);
    if (n === 1) return imported(APP, MODULE);
    if (n === 2) return RECEIPT;
    if (n === 4) return imported(digestOf(7, 'else'));
    return signRevocation({
      keychain: acme.keychain,
      signer: acme.operational,
      issuedAt,
      sequence: 1,
      previous: null,
      target: { kind: 'statement', id: envelopeId(RECEIPT) },
      reason: 'wrong build',
    });
  },
});
const { origin } = log;
const head = parseCheckpoint(log.log.checkpoint);

const asks = (parts: Partial<ProvenanceQuery> = {}) => provenanceQuery({ start: [MODULE], ...parts });
const request = (query = asks(), changes: Partial<partner.PartnerRequest> = {}) =>
  partner.encodeRequest({
    query,
    asker: bolt.agentId,
    origin,
    known: null,
    apart: [],
    nonce: new Uint8Array(16).fill(1),
    ...changes,
  });
const answer = (asked: Uint8Array, changes: Partial<partner.PartnerAnswer> = {}, by = 9) =>
  partner.signAnswer(
    {
      origin,
      request: sha256(asked),
      size: head.size,
      root: head.root,
      indexes: [],
      isCut: false,
      issuedAtMs: NOW,
      ...changes,
    },
    seedSigner(seed(by)),
  );
const entry = (index: number) => {
  const { body, proof, record } = log.row(index);
  return { index, body: body!, proof, record };
};
const omitted = (index: number, ...via: number[]): partner.OmittedEntry => ({
  ...entry(index),
  via: via.map(entry),
});
const roundTrip = (evidence: partner.PartnerEvidence) =>
  partner.verifyPartnerEvidence(partner.decodePartnerEvidence(partner.encodePartnerEvidence(evidence)));
const convict = (
  query: ProvenanceQuery,
  what: partner.PartnerEvidence['omitted'],
  changes: Partial<partner.PartnerAnswer> = {},
) => {
  const asked = request(query);
  return roundTrip({ request: asked, answer: answer(asked, changes), omitted: what });
};

describe('answers of partners', () => {
  it('an answer is to one question, of one log', () => {
    const asked = request();
    assert.deepEqual(partner.verifyAnswer(answer(asked, { indexes: [0, 2] }), asked).indexes, [0, 2]);
    const again = request(asks(), { nonce: new Uint8Array(16).fill(2) });
    assert.throws(() => partner.verifyAnswer(answer(asked), again), refused('SIGNATURE_INVALID'));
    assert.throws(() => partner.verifyAnswer(answer(asked, {}, 91), asked), refused('SIGNATURE_INVALID'));
    for (const indexes of [[2, 0], [0, 0], [head.size]])
      assert.throws(() => partner.verifyAnswer(answer(asked, { indexes }), asked), refused('DECODE_FAILED'));
  });
});

describe('evidence against partners', () => {
  it('an entry left out convicts, anywhere and from a file', () => {
    const asked = request();
    const evidence = { request: asked, answer: answer(asked), omitted: omitted(0) };
    assert.equal(roundTrip(evidence).lie, 'omission');
    const report = verify(partner.encodePartnerEvidence(evidence), { now: NOW });
    assert.ok(report.ok, JSON.stringify(report));
    assert.equal(report.kind, 'partner-evidence');
    assert.equal(report.subject.origin, origin);
  });

  it('what uses the thing, what lies behind a walk, and what is said about a statement of the answer is owed as well', () => {
    const uses = asks({ direction: 'uses' });
    assert.equal(convict(uses, omitted(2)).lie, 'omission');
    assert.equal(convict(asks({ direction: 'both' }), omitted(2)).lie, 'omission');
    assert.throws(() => convict(asks(), omitted(2)), refusal, 'sources alone');
    const behind = asks({ start: [APP], depth: 1 });
    assert.equal(convict(behind, omitted(0, 1)).lie, 'omission');
    assert.throws(() => convict(behind, omitted(0)), refusal, 'nothing leads there');
    assert.throws(() => convict(asks({ start: [APP] }), omitted(0, 1)), refusal, 'too far');
    assert.equal(convict(uses, omitted(3, 2)).lie, 'omission', 'the revocation of a receipt');
    assert.throws(() => convict(asks(), omitted(3, 2)), refusal);
    const far = asks({ start: [APP], depth: 1, direction: 'both' });
    assert.equal(convict(far, omitted(3, 1, 2)).lie, 'omission');
  });

  it('a question with filters owes what matches it, and one for an issuer or a type all of that', () => {
    const slsa = 'https://slsa.dev/provenance/v1';
    for (const query of [
      asks({ issuer: acme.agentId }),
      asks({ predicateTypes: [slsa] }),
      asks({ start: [], issuer: acme.agentId }),
      asks({ start: [], predicateTypes: [slsa] }),
    ])
      assert.equal(convict(query, omitted(0)).lie, 'omission');
    for (const query of [
      asks({ issuer: bolt.agentId }),
      asks({ predicateTypes: [RECEIPT_PREDICATE] }),
      asks({ start: [], issuer: bolt.agentId }),
      asks({ start: [], issuer: acme.agentId, predicateTypes: [RECEIPT_PREDICATE] }),
    ])
      assert.throws(() => convict(query, omitted(0)), refusal);
  });

  it('the log’s own index convicts without the entry, unless the question has filters', () => {
    const all = [0, 1, 2, 3];
    const query = asks({ depth: 1, direction: 'both', prove: true });
    const listingOf = (asked: ProvenanceQuery, omit: readonly number[]) => {
      const verifier = new AnswerVerifier(asked);
      for (const row of log.answer(asked, all, omit)) verifier.push(row);
      return verifier.finish().listings.get(origin)!;
    };
    const listing = listingOf(query, [2]);
    const indexes = [0, 1, 3];
    assert.equal(convict(query, { index: 2, via: [], listing }, { indexes }).lie, 'omission');
    const revoked = listingOf(query, [3]);
    assert.equal(
      convict(query, { index: 3, via: [entry(2)], listing: revoked }, { indexes: [0, 1, 2] }).lie,
      'omission',
    );
    for (const [index, via] of [
      [3, []],
      [4, []],
      [5, []],
      [1_000, []],
    ] as const)
      assert.throws(() => convict(query, { index, via, listing: revoked }, { indexes: [] }), refusal);
    const filtered = asks({ direction: 'both', predicateTypes: [RECEIPT_PREDICATE], prove: true });
    assert.throws(() => convict(filtered, { index: 2, via: [], listing }), refusal);
    assert.equal(
      new AnswerVerifier(query).finish().listings.size,
      0,
      'nothing is listed where nothing was proven',
    );
  });

  it('nobody honest is convicted: cut answers, other times, entries answered, of other logs, or about something else', () => {
    const about = omitted(0);
    assert.throws(() => convict(asks(), about, { isCut: true }), refusal);
    assert.throws(() => convict(asks(), about, { indexes: [0] }), refusal);
    assert.throws(() => convict(asks({ at: NOW }), about), refusal);
    assert.throws(() => convict(asks({ start: [digestOf(9)] }), about), refusal);
    assert.throws(() => convict(asks(), about, { root: new Uint8Array(32) }), refusal);
    assert.throws(() => convict(asks(), { ...about, index: 1 }), refusal);
    assert.throws(() => convict(asks(), { ...about, body: entry(1).body }), refusal);
    const record = encodeLogEntry({ statementId: envelopeId(RECEIPT), salt: new Uint8Array(16).fill(9) });
    assert.throws(() => convict(asks(), { ...about, record }), refusal);
    assert.throws(() => convict(asks(), null), refusal, 'no head was shown');
    const longWay = Array.from({ length: partner.VIA_MAX + 1 }, () => entry(1));
    assert.throws(() => convict(asks(), { ...about, via: longWay }), refused('LIMIT_EXCEEDED'));
  });

  it('an answer from an older head than the question showed convicts; one from the same or a newer does not', () => {
    const asked = request(asks(), { known: log.log.checkpoint });
    const older = { request: asked, answer: answer(asked, { size: 2 }), omitted: null };
    const finding = roundTrip(older);
    assert.deepEqual([finding.lie, finding.answered, finding.owed], ['old-head', 2, head.size]);
    assert.throws(() => roundTrip({ ...older, answer: answer(asked) }), refusal);
    const foreign = signCheckpoint({ origin, size: 9, root: head.root, signer: noteSigner(seed(91)) });
    const framed = request(asks(), { known: foreign });
    assert.throws(() => roundTrip({ request: framed, answer: answer(framed), omitted: null }));
  });
});
