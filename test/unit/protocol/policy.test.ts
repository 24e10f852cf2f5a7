// Policy bundles: form, signatures, rotation of keys, anti-rollback; decision records: bounds, ids, replay.

import assert from 'node:assert/strict';
import { envelopeToJson, signEnvelope } from '../../../protocol/envelope/index.ts';
import { canonicalJson, type JsonValue } from '../../../protocol/json/index.ts';
import * as policy from '../../../protocol/policy/index.ts';
import { makeAgent, refused } from '../../support/agents.ts';
import { bundleOf, keyOf, namedPolicies, PERMIT, signedBundle, signerOf } from '../../support/policies.ts';

const NOW = Date.parse('2026-03-02T00:00:00Z');
const trusted = { keys: [keyOf(1)], threshold: 1 };
const begin = policy.newPolicyLine(trusted);
const [ANNA, BERTA] = [makeAgent(10).agentId, makeAgent(40).agentId];
const take = (line: policy.PolicyLine, ...given: Parameters<typeof signedBundle>) =>
  policy.takePolicy(line, signedBundle(...given), NOW).line;

describe('protocol/policy: bundles', () => {
  it('verifies what its keys signed, and travels as a file', () => {
    const envelope = signedBundle();
    const [read] = policy.policyBundlesFromText(policy.policyBundlesToText([envelope]));
    const { bundle, id } = policy.verifyPolicyBundle(read!, trusted);
    assert.deepEqual(bundle, bundleOf());
    assert.equal(id, policy.verifyPolicyBundle(envelope, trusted).id);
  });

  it('refuses other signers, too few of them, and keys that did not sign for themselves', () => {
    assert.throws(
      () => policy.verifyPolicyBundle(signedBundle({}, [2]), trusted),
      refused('SIGNATURE_INVALID'),
    );
    const both = { keys: [keyOf(1), keyOf(2)], threshold: 2 };
    assert.throws(() => policy.verifyPolicyBundle(signedBundle({}, [1]), both), refused('SIGNATURE_INVALID'));
    policy.verifyPolicyBundle(signedBundle({ signers: both }, [1, 2]), trusted);
    const absent = { keys: [keyOf(3)], threshold: 1 };
    assert.throws(
      () => policy.verifyPolicyBundle(signedBundle({ signers: absent }, [1]), trusted),
      refused('SIGNATURE_INVALID'),
    );
  });

  it('refuses what is not of its form', () => {
    const wrong: Partial<policy.PolicyBundle>[] = [
      { sequence: 0 },
      { sequence: 1, floor: 2 },
      { name: '../up' },
      { policies: [] },
      { policies: [PERMIT, PERMIT] },
      { signers: { keys: [keyOf(1)], threshold: 2 } },
      { expiresAt: '2026-02-28T00:00:00Z' },
      { issuedAt: '2026-02-30T00:00:00Z' },
      { members: { agents: [ANNA], threshold: 2 } },
      { startsAt: '2026-02-28T23:59:59Z' },
      { startsAt: '2026-04-01T00:00:01Z' },
      { startsAt: '2026-03-02T00:00:00Z', expiresAt: '2026-03-02T00:00:00Z' },
      { surprise: true } as never,
    ];
    signedBundle({ members: { agents: [ANNA], threshold: 1 }, startsAt: '2026-03-01T00:00:00Z' });
    signedBundle({ startsAt: '2026-04-01T00:00:00Z', expiresAt: '2026-04-01T00:00:01Z' });
    for (const changes of wrong)
      assert.throws(
        () => signedBundle(changes),
        (error: { code?: string }) => ['POLICY_INVALID', 'DECODE_FAILED'].includes(error.code ?? ''),
        JSON.stringify(changes),
      );
    // Whoever signs may have another program.
    const foreign = (payload: Uint8Array, payloadType: string = policy.POLICY_BUNDLE_TYPE) =>
      signEnvelope({ payloadType, payload, signers: [signerOf(1)] });
    const verify = (...given: Parameters<typeof foreign>) =>
      policy.verifyPolicyBundle(foreign(...given), trusted);
    const payloadOf = (changes: object) => canonicalJson({ ...bundleOf(), ...changes } as JsonValue);
    verify(payloadOf({}));
    for (const changes of wrong)
      assert.throws(
        () => verify(payloadOf(changes)),
        (error: { code?: string }) => ['POLICY_INVALID', 'DECODE_FAILED'].includes(error.code ?? ''),
        JSON.stringify(changes),
      );
    assert.throws(() => verify(payloadOf({}), 'text/plain'), refused('POLICY_INVALID'));
    const many = Array.from({ length: policy.POLICY_CHAIN_MAX + 1 }, () => envelopeToJson(signedBundle()));
    const fileOf = (bundles: unknown) => JSON.stringify({ kind: 'zerostate-policy-bundles/v1', bundles });
    policy.policyBundlesFromText(fileOf(many.slice(1)));
    assert.throws(() => policy.policyBundlesFromText(fileOf(many)), refused('LIMIT_EXCEEDED'));
    for (const text of ['', '{}', '[]', 'null', '{"kind":"zerostate-policy-bundles/v1","bundles":[]}'])
      assert.throws(() => policy.policyBundlesFromText(text), refused('POLICY_INVALID'), text);
  });
});

describe('protocol/policy: the line of bundles', () => {
  it('takes newer ones only, of one line, and the newest again', () => {
    const line = take(begin, { sequence: 5 });
    assert.deepEqual([line.newest?.sequence, line.active], [5, line.newest?.id]);
    assert.throws(() => take(line, { sequence: 4 }), refused('POLICY_ROLLBACK'));
    assert.throws(() => take(line, { sequence: 5, note: 'another five' }), refused('POLICY_ROLLBACK'));
    assert.throws(() => take(line, { sequence: 6, name: 'other' }), refused('POLICY_ROLLBACK'));
    assert.deepEqual(take(line, { sequence: 5 }), line);
    assert.equal(take(line, { sequence: 9 }).newest?.sequence, 9);
  });

  it('follows a change of keys, and forgets the old ones', () => {
    const next = { keys: [keyOf(2)], threshold: 1 };
    const line = take(begin, { signers: next }, [1, 2]);
    assert.throws(() => take(line, { sequence: 2 }, [1]), refused('SIGNATURE_INVALID'));
    assert.equal(take(line, { sequence: 2, signers: next }, [2]).newest?.sequence, 2);
  });

  it('asks those whom the newest bundle names as members, and nobody it does not', () => {
    const named = { agents: [ANNA], threshold: 1 };
    const line = take(begin, { members: named });
    assert.deepEqual(line.members, named);
    const other = { agents: [BERTA], threshold: 1 };
    assert.deepEqual(take(line, { sequence: 2, members: other }).members, other);
    assert.equal(take(line, { sequence: 2 }).members, null);
  });

  it('a bundle that waits changes nothing else, gives way to a newer one, and names a start', () => {
    const line = take(begin);
    const stage = (on: policy.PolicyLine, changes: Partial<policy.PolicyBundle>) =>
      policy.stagePolicy(on, signedBundle({ startsAt: '2026-03-03T00:00:00Z', ...changes }), NOW).line;
    const staged = stage(line, { sequence: 3, members: { agents: [ANNA], threshold: 1 } });
    assert.deepEqual({ ...staged, staged: null }, line);
    assert.equal(staged.staged?.startsAtMs, Date.parse('2026-03-03T00:00:00Z'));
    assert.throws(() => stage(staged, { sequence: 2 }), refused('POLICY_ROLLBACK'));
    assert.equal(stage(staged, { sequence: 4 }).staged?.sequence, 4);
    assert.equal(take(staged, { sequence: 2 }).staged, null);
    assert.throws(
      () => policy.stagePolicy(line, signedBundle({ sequence: 2 }), NOW),
      refused('POLICY_INVALID'),
    );
  });

  it('refuses what is not in force yet, or no longer', () => {
    const late = { expiresAt: '2026-03-02T00:00:00Z' };
    assert.throws(() => take(begin, late), refused('POLICY_EXPIRED'));
    assert.throws(() => take(begin, { issuedAt: '2026-03-02T00:10:01Z' }), refused('POLICY_EXPIRED'));
    take(begin, { issuedAt: '2026-03-02T00:10:00Z' });
  });

  it('goes back by hand, never below the floor, and never forgets what it has seen', () => {
    const first = take(begin, { sequence: 1 });
    const second = take(first, { sequence: 2, floor: 1 });
    const back = policy.goBack(second, { id: first.active!, sequence: 1 });
    assert.equal(back.active, first.active);
    assert.equal(back.newest?.sequence, 2);
    assert.throws(() => policy.goBack(second, null), refused('POLICY_ROLLBACK'));
    assert.throws(() => take(back, { sequence: 1 }), refused('POLICY_ROLLBACK'));
    assert.equal(policy.goBack(first, null).active, null);
  });
});

const entity = (type: policy.PolicyEntity['type'], id: string) => ({ type, id, facts: { name: id } });
const candidate = (id: string, allow: boolean, padding = ''): policy.DecisionCandidate => ({
  resource: { ...entity('Agent', id), facts: { name: id, padding } },
  context: { revocation: 'clear' },
  refused: null,
  allow,
  policies: allow ? ['named'] : [],
  errors: [],
  detail: '',
  evidence: ['bafkreiaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
});
const draft = (candidates: policy.DecisionCandidate[], choice: string[]) => ({
  kind: 'find' as const,
  at: NOW,
  nonce: 0,
  principal: entity('Node', 'here'),
  constraints: { text: 'count words' },
  policy: { id: 'p', name: 'example', sequence: 1 },
  candidates,
  choice,
});

describe('protocol/policy: decision records', () => {
  it('keeps the chosen first, counts the rest, and stays within its bytes', () => {
    const many = Array.from({ length: 200 }, (_, n) => candidate(`a-${n}`, n === 199, 'x'.repeat(2_000)));
    const { record } = policy.makeDecision(draft(many, ['a-199']));
    assert.equal(record.candidates[0]?.resource.id, 'a-199');
    assert.equal(record.candidates.length + record.omitted, 200);
    assert.ok(record.candidates.length <= policy.CANDIDATES_MAX);
    assert.ok(JSON.stringify(record).length <= policy.DECISION_BYTES_MAX);
  });

  it('has an id that follows from its content', () => {
    const made = policy.makeDecision(draft([candidate('a', true)], ['a']));
    assert.deepEqual(policy.readDecisionRecord(structuredClone(made.record), made.id), made);
    const changed = { ...made.record, choice: [] };
    assert.throws(() => policy.readDecisionRecord(changed, made.id), refused('DECODE_FAILED'));
    assert.throws(
      () => policy.readDecisionRecord({ ...made.record, extra: 1 }, made.id),
      refused('DECODE_FAILED'),
    );
  });

  it('is replayed from the record alone, and shows what other policies say', () => {
    const expired = { ...candidate('c', false), refused: 'EXPIRED: expired yesterday' };
    const { record } = policy.makeDecision(
      draft([candidate('a', true), candidate('b', false), expired], ['a']),
    );
    assert.deepEqual(
      policy.replayDecision(record, namedPolicies(['a'])).map(({ same }) => same),
      [true, true],
    );
    const other = policy.replayDecision(record, namedPolicies(['b']));
    assert.deepEqual(
      other.map(({ was, now, same }) => [was.allow, now.allow, same]),
      [
        [true, false, false],
        [false, true, false],
      ],
    );
  });
});
