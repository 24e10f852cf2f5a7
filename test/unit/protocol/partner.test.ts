// Partners: agreements, passes and consents; scopes by example; standings. Answers and evidence: partner-evidence.test.ts.

import assert from 'node:assert/strict';
import { toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { sha256 } from '../../../protocol/crypto/index.ts';
import { encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { peerIdOfKey } from '../../../protocol/log/index.ts';
import * as partner from '../../../protocol/partner/index.ts';
import { signStatement } from '../../../protocol/statement/index.ts';
import { makeAgent, publicKey, refused, seed } from '../../support/agents.ts';

const acme = makeAgent(10);
const bolt = makeAgent(40);
const author = (agent: typeof acme) => ({ ...agent, signers: [agent.operational] });
const NOW = Date.parse('2026-03-01T00:00:00Z');
const DAY = 86_400_000;
const PEER = peerIdOfKey(publicKey(90));
const budget = { queriesPerMinute: 60, rowsPerQuery: 100, bytesPerMinute: 1_000_000 };
const terms = {
  grantee: bolt.agentId,
  sequence: 1,
  notAfterMs: NOW + DAY,
  scope: partner.OPEN_SCOPE,
  budget,
};

describe('what partners sign for each other', () => {
  it('an agreement verifies alone, with the consent of the one it names, and with nobody else’s', () => {
    const agreement = partner.verifyAgreement(partner.signAgreement(author(acme), terms, NOW), NOW);
    assert.equal(agreement.agent, acme.agentId);
    assert.deepEqual(agreement.scope, partner.OPEN_SCOPE);
    const consent = partner.signConsent(author(bolt), agreement, NOW);
    assert.equal(partner.verifyConsent(encodeEnvelope(consent), agreement).agent, bolt.agentId);
    assert.throws(() => partner.signConsent(author(acme), agreement, NOW), refused('AGREEMENT_INVALID'));
    const other = partner.verifyAgreement(
      partner.signAgreement(author(acme), { ...terms, sequence: 2 }, NOW),
      NOW,
    );
    assert.throws(() => partner.verifyConsent(consent, other), refused('AGREEMENT_INVALID'));
  });

  it('an agreement ends; one that would outlast two years, or is dated outside its key, is not made', () => {
    const signed = partner.signAgreement(author(acme), terms, NOW);
    assert.throws(() => partner.verifyAgreement(signed, NOW + DAY + 1), refused('AGREEMENT_INVALID'));
    const long = { ...terms, notAfterMs: NOW + partner.AGREEMENT_MS_MAX + 1 };
    assert.throws(() => partner.signAgreement(author(acme), long, NOW), refused('DECODE_FAILED'));
    const late = Date.parse('2027-03-01T00:00:00Z');
    assert.throws(
      () => partner.signAgreement(author(acme), { ...terms, notAfterMs: late + 1 }, late),
      refused('AGREEMENT_INVALID'),
    );
  });

  it('a pass counts for the peers and the network that it names, and for nobody else', () => {
    const pass = partner.signPass(
      author(acme),
      { peers: [PEER], network: 'test', notAfterMs: NOW + DAY },
      NOW,
    );
    const expected = { peer: PEER, network: 'test', now: NOW };
    assert.equal(partner.verifyPass(pass, expected).agent, acme.agentId);
    const stranger = { ...expected, peer: peerIdOfKey(publicKey(91)) };
    for (const wrong of [stranger, { ...expected, network: 'other' }, { ...expected, now: NOW + DAY + 1 }])
      assert.throws(() => partner.verifyPass(pass, wrong), refused('AGREEMENT_INVALID'));
    const forged = { ...pass, signatures: [{ ...pass.signatures[0]!, sig: new Uint8Array(64) }] };
    assert.throws(() => partner.verifyPass(forged, expected), refused('SIGNATURE_INVALID'));
    assert.throws(() => partner.verifyAgreement(pass, NOW), refused('DECODE_FAILED'));
  });
});

describe('scopes, by example', () => {
  const subject = [
    { name: 'app', digest: { sha256: 'a'.repeat(64) } },
    { name: 'lib', digest: { sha256: 'b'.repeat(64) } },
  ];
  const envelope = signStatement({
    subject,
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: { builder: { id: 'https://ci.example', secret: 'x' }, materials: [1, 2] },
    signer: seedSigner(seed(7)),
  });
  let n = 0;
  const entropy = (bytes: number) => new Uint8Array(bytes).fill(++n);
  const { claims, secret } = partner.sealStatement({
    envelope,
    open: { type: true, subjects: true },
    entropy,
  });
  const show = (text: string) => {
    const opening = partner.openingFor([partner.parseRule(text)], secret);
    return opening === null ? null : partner.verifyOpening(claims, opening);
  };

  it('opens the fields that a rule names, and only the subjects that it names', () => {
    const opened = show('https://slsa.dev/* app /builder/id');
    assert.deepEqual(opened?.body, {
      predicateType: 'https://slsa.dev/provenance/v1',
      subject: [subject[0]],
      predicate: { builder: { id: 'https://ci.example' } },
    });
    assert.equal(opened?.isPartial, true);
    assert.equal(
      show('https://slsa.dev/* app *')?.isPartial,
      true,
      'one of two subjects does not open the whole',
    );
    assert.equal(show('https://slsa.dev/* app,lib *')?.isPartial, false);
    assert.deepEqual(show('https://slsa.dev/* app -')?.body.predicate, {});
    assert.equal(show('https://spdx.dev/* * *'), null);
  });

  it('refuses a rule that is none', () => {
    for (const text of ['', 'a b c d', 'type * builder', 'type * /a~2'])
      assert.throws(() => partner.parseRule(text), refused('USAGE'), text);
  });

  it('catches an issuer whose public part says something else than the statement', () => {
    const whole = { disclosures: [], whole: { salt: secret.salt, envelope } };
    const [first] = claims.subjects;
    for (const changed of [
      { ...claims, sealedType: 'https://openvex.dev/ns' },
      { ...claims, subjects: [first!] },
      { ...claims, subjects: [first!, { name: 'lib', digest: { sha256: 'c'.repeat(64) } }] },
    ])
      assert.throws(() => partner.verifyOpening(changed, whole), refused('DISCLOSURE_INVALID'));
  });

  it('a path that names what every object inherits changes no other object', () => {
    const joined = partner.joinParts([{ path: '/predicate/__proto__/polluted', value: true }]);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.deepEqual(Object.keys(joined.predicate), ['__proto__']);
    for (const [a, b] of [
      ['/predicate/a', '/predicate/a/b'],
      ['/predicate/a/b', '/predicate/a'],
      ['/predicate', '/predicate/a'],
      ['/subject/0', '/subject/0'],
      ['/other', '/predicate'],
    ] as const)
      assert.throws(
        () =>
          partner.joinParts([
            { path: a, value: { b: 1 } },
            { path: b, value: { c: 1 } },
          ]),
        refused('DISCLOSURE_INVALID'),
        `${a} ${b}`,
      );
  });

  it('catches an issuer who commits to a part that the statement does not have', () => {
    const path = '/predicate/builder/id';
    const lie = utf8(JSON.stringify(['00'.repeat(16), path, 'https://other.example']));
    const lying = { ...claims, disclosures: [...claims.disclosures, toHex(sha256(lie))].sort() };
    assert.equal(partner.readDisclosure(lie).path, path);
    assert.throws(
      () => partner.verifyOpening(lying, { disclosures: [lie], whole: { salt: secret.salt, envelope } }),
      /is not what the statement says there/,
    );
  });
});

describe('how a partner stands', () => {
  const fresh = partner.freshUsage(NOW);
  const usage = (...events: partner.UsageEvent[]) =>
    events.reduce((state, event) => partner.noteUsage(state, event, NOW), fresh);
  const good = (latencyMs: number) => ({ kind: 'verified', latencyMs, rows: 1 }) as const;
  const standing = (state: partner.UsageState, now = NOW) => partner.standingOf(state, now);

  it('the quick and reliable are asked first, the caught last and served least; a lie is not forgotten', () => {
    const quick = standing(usage(good(50), good(50)));
    const slow = standing(usage(good(500), good(500)));
    const poor = standing(usage({ kind: 'invalid' }));
    const lied = usage(good(10), good(10), { kind: 'lied' });
    const caught = standing(lied);
    const order = [caught, poor, standing(fresh), slow, quick].sort(partner.compareStandings);
    assert.deepEqual(order, [quick, slow, standing(fresh), poor, caught]);
    assert.ok(caught.share < poor.share && poor.share < quick.share);
    assert.equal(standing(lied, NOW + 3_650 * DAY).status, 'caught');
    assert.equal(standing(usage({ kind: 'invalid' }), NOW + 30 * DAY).status, 'fair');
  });

  it('fan-out takes the best and one of the rest, so that nobody is shut out for good', () => {
    const all = [1, 2, 3, 4, 5].map((n) => ({ n, standing: standing(usage(good(n * 100))) }));
    assert.deepEqual(
      partner.planFanOut(all, 9, 0).map(({ n }) => n),
      [1, 2, 3, 4, 5],
    );
    const asked = new Set(
      [0, 0.3, 0.6, 0.99].flatMap((draw) => {
        const plan = partner.planFanOut(all, 3, draw).map(({ n }) => n);
        assert.deepEqual(plan.slice(0, 2), [1, 2]);
        assert.equal(plan.length, 3);
        return plan;
      }),
    );
    assert.deepEqual([...asked].sort(), [1, 2, 3, 4, 5]);
  });
});
