// Vectors of receipts and revocations.

import { verifyCard } from '../../protocol/card/index.ts';
import { type Envelope, envelopeFromJson, seedSigner } from '../../protocol/envelope/index.ts';
import type { ErrorCode } from '../../protocol/errors/index.ts';
import type { JsonObject, JsonValue } from '../../protocol/json/index.ts';
import { signReceipt, verifyReceipt } from '../../protocol/receipt/index.ts';
import { signRevocation, verifyRevocation } from '../../protocol/revocation/index.ts';
import { makeAgent, makeCard, makeDeterministic, OBSERVED, seed } from '../support/agents.ts';
import { envelopeJson as json, resign } from './resign.ts';
import { Cases, type Suite } from './suite.ts';

const ISSUED_AT = '2026-03-01T12:00:00Z';
const agent = makeAgent(10);

export function receiptSuite(): Suite {
  const check: Suite['check'] = ({ envelope }) => {
    const { id, issuer, receipt } = verifyReceipt(envelopeFromJson(envelope as JsonObject));
    return {
      id,
      issuer,
      status: receipt.deterministic.result.status,
      fuel: receipt.deterministic.result.fuel,
    };
  };
  const cases = new Cases(check);
  const make = (result: Parameters<typeof makeDeterministic>[0] = {}): Envelope =>
    signReceipt({
      keychain: agent.keychain,
      signer: agent.operational,
      issuedAt: ISSUED_AT,
      deterministic: makeDeterministic(result),
      observed: OBSERVED,
    });
  const receipt = make();
  cases.good('a task that ended well', { envelope: json(receipt) });
  cases.good('out of fuel', {
    envelope: json(make({ status: 'OUT_OF_FUEL', exitCode: null, fuel: '1000000' })),
  });
  const unsigned = ({ deterministicSignature: _, ...body }: JsonObject) => body;
  const predicate = (change: (body: JsonObject) => JsonObject) => (body: JsonObject) => ({
    ...body,
    predicate: change(body.predicate as JsonObject),
  });
  cases.good('no signature over the deterministic part alone', {
    envelope: resign(receipt, predicate(unsigned), 12),
  });
  const result = (change: JsonObject) =>
    predicate((body) => {
      const part = body.deterministic as JsonObject;
      return { ...body, deterministic: { ...part, result: { ...(part.result as JsonObject), ...change } } };
    });
  const bad = (name: string, code: ErrorCode, change: (body: JsonObject) => JsonValue, by = 12): unknown =>
    cases.bad(name, code, { envelope: resign(receipt, change, by) });
  bad('signed by another key', 'SIGNATURE_INVALID', (body) => body, 13);
  bad('signed by the identity key', 'SIGNATURE_INVALID', (body) => body, 10);
  bad(
    'another issuer',
    'STATEMENT_INVALID',
    predicate((body) => ({ ...body, issuer: makeAgent(30).agentId })),
  );
  bad('an end that cannot be replayed', 'DECODE_FAILED', result({ status: 'TIMEOUT' }));
  bad('more fuel than the limit', 'DECODE_FAILED', result({ fuel: '1000001' }));
  bad('fuel as a number', 'DECODE_FAILED', result({ fuel: 4242 }));
  bad('fuel with a leading zero', 'DECODE_FAILED', result({ fuel: '04242' }));
  bad('a digest in upper case', 'DECODE_FAILED', result({ stdoutDigest: `sha256:${'A'.repeat(64)}` }));
  bad('no subject', 'DECODE_FAILED', (body) => ({ ...body, subject: [] }));
  bad('another subject', 'STATEMENT_INVALID', (body) => ({
    ...body,
    subject: [{ name: 'x', digest: { sha256: '00'.repeat(32) } }],
  }));
  bad('subjects in another order', 'STATEMENT_INVALID', (body) => ({
    ...body,
    subject: (body.subject as JsonValue[]).toReversed(),
  }));
  bad('another predicate type', 'STATEMENT_INVALID', (body) => ({
    ...body,
    predicateType: 'https://slsa.dev/provenance/v1',
  }));
  bad(
    'dated after the delegation',
    'STATEMENT_INVALID',
    predicate((body) => ({ ...body, issuedAt: '2027-01-01T00:00:00Z' })),
  );
  bad(
    'an unknown member',
    'DECODE_FAILED',
    predicate((body) => ({ ...body, more: 1 })),
  );
  bad(
    'a signature over the deterministic part that does not hold',
    'SIGNATURE_INVALID',
    predicate((body) => ({ ...body, deterministicSignature: `${'A'.repeat(86)}==` })),
  );
  bad(
    'a signature over the deterministic part of another form',
    'DECODE_FAILED',
    predicate((body) => ({ ...body, deterministicSignature: 'AA==' })),
  );
  bad(
    'no keychain',
    'DECODE_FAILED',
    predicate((body) => ({ ...body, keychain: null })),
  );
  return {
    name: 'execution-receipt',
    what: 'An execution receipt is verified alone, by the keychain inside it.',
    input: { envelope: 'DSSE JSON' },
    output: 'id, issuer, status, fuel',
    check,
    cases: cases.list,
  };
}

export function revocationSuite(): Suite {
  const check: Suite['check'] = ({ envelope }) => {
    const { id, issuer, revocation, signerRole } = verifyRevocation(envelopeFromJson(envelope as JsonObject));
    return {
      id,
      issuer,
      sequence: revocation.sequence,
      kind: revocation.target.kind,
      target: revocation.target.id,
      signedBy: signerRole,
    };
  };
  const cases = new Cases(check);
  const { cardId } = verifyCard(makeCard(agent));
  const identity = seedSigner(seed(10));
  const base = {
    keychain: agent.keychain,
    sequence: 1,
    previous: null,
    reason: 'retired',
    issuedAt: ISSUED_AT,
  };
  const ofCard = signRevocation({ ...base, signer: agent.operational, target: { kind: 'card', id: cardId } });
  const key = signRevocation({
    ...base,
    signer: identity,
    target: { kind: 'key', id: agent.operational.keyid },
  });
  cases.good('a card, by the operational key', { envelope: json(ofCard) });
  cases.good('a statement', {
    envelope: json(
      signRevocation({ ...base, signer: agent.operational, target: { kind: 'statement', id: cardId } }),
    ),
  });
  cases.good('a key, by the identity key', { envelope: json(key) });
  cases.good('the agent itself', {
    envelope: json(
      signRevocation({ ...base, signer: identity, target: { kind: 'agent', id: agent.agentId } }),
    ),
  });
  const predicate = (change: JsonObject) => (body: JsonObject) => ({
    ...body,
    predicate: { ...(body.predicate as JsonObject), ...change },
  });
  const bad = (
    name: string,
    code: ErrorCode,
    from: Envelope,
    change: (body: JsonObject) => JsonValue,
    by: number,
  ): unknown => cases.bad(name, code, { envelope: resign(from, change, by) });
  bad('a key, by the operational key', 'REVOCATION_REFUSED', key, (body) => body, 12);
  bad('signed by a stranger', 'SIGNATURE_INVALID', ofCard, (body) => body, 99);
  bad('sequence 0', 'DECODE_FAILED', ofCard, predicate({ sequence: 0 }), 12);
  bad('a first one with a previous one', 'DECODE_FAILED', ofCard, predicate({ previous: cardId }), 12);
  bad('a second one without a previous one', 'DECODE_FAILED', ofCard, predicate({ sequence: 2 }), 12);
  bad('an unknown kind', 'DECODE_FAILED', ofCard, predicate({ target: { kind: 'log', id: cardId } }), 12);
  bad(
    'a target that is no id',
    'DECODE_FAILED',
    ofCard,
    predicate({ target: { kind: 'card', id: 'x' } }),
    12,
  );
  bad('no reason', 'DECODE_FAILED', ofCard, predicate({ reason: '' }), 12);
  bad(
    'a subject that does not follow from the target',
    'STATEMENT_INVALID',
    ofCard,
    (body) => ({ ...body, subject: [{ name: 'x', digest: { sha256: '00'.repeat(32) } }] }),
    12,
  );
  return {
    name: 'revocation',
    what: 'A revocation is verified alone.',
    input: { envelope: 'DSSE JSON' },
    output: 'id, issuer, sequence, kind, target, signedBy',
    check,
    cases: cases.list,
  };
}
