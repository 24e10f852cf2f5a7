// What binds the members of a capsule: each is held against the id, the digest or the signature that it stands under, and what is left out of it
// excuses nothing else.

import assert from 'node:assert/strict';
import { replayCapsule } from '../../../node/cli/capsule-replay.ts';
import { readCedar } from '../../../node/policy/index.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import {
  CAPSULE_PARTS_MAX,
  type Capsule,
  emptyCapsule,
  encodeCapsule,
  knownOf,
  replayCapsuleDecisions,
  splitReceiptFile,
  verifyWithCapsules,
} from '../../../protocol/capsule/index.ts';
import { envelopeId, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { type Decision, makeDecision } from '../../../protocol/policy/index.ts';
import { bytesDigest } from '../../../protocol/receipt/index.ts';
import { rankMembers } from '../../../protocol/task/index.ts';
import { makeAgent, makeCard, refused } from '../../support/agents.ts';
import { decisionCapsule, failures } from '../../support/capsules.ts';
import { bundleOf, signedBundle } from '../../support/policies.ts';
import { NOW, sampleReceipt } from '../../support/receipt-files.ts';

const { file, log, receipt } = sampleReceipt();
const { inputs: _, ...bare } = file;
const task = (changes: Partial<Capsule> = {}): Capsule => ({
  ...emptyCapsule('task', 'task-1'),
  receipts: [bare],
  ...changes,
});

describe('protocol/capsule: what binds its members', () => {
  it('a policy stands under its own id, name and number', () => {
    const envelope = signedBundle();
    const { name, sequence } = bundleOf();
    const signed = {
      id: envelopeId(envelope),
      name,
      sequence,
      envelope: envelopeToJson(envelope),
      files: null,
    };
    const of = (policy: Capsule['policies'][0]) => failures(decisionCapsule({ policies: [policy] }));
    assert.deepEqual(of(signed), []);
    assert.deepEqual(of({ ...signed, id: envelopeId(signedBundle({ sequence: 2 })) }), ['policies']);
    assert.deepEqual(of({ ...signed, name: 'stricter' }), ['policies']);
    const [built] = decisionCapsule().policies as [Capsule['policies'][0]];
    assert.deepEqual(of({ ...built, sequence: 1 }), ['incident']);
  });

  it('a statement stands under its own id, and a checkpoint under the signature of its log', () => {
    const original = { id: envelopeId(receipt), envelope: envelopeToJson(receipt) };
    assert.deepEqual(failures(decisionCapsule({ originals: [original] })), []);
    const other = { ...original, id: envelopeId(makeCard(makeAgent(2))) };
    assert.deepEqual(failures(decisionCapsule({ originals: [other] })), ['originals']);
    const { checkpoint } = log;
    assert.deepEqual(failures(task({ checkpoint })), []);
    const [origin, size, ...rest] = checkpoint.split('\n');
    const grown = [origin, String(Number(size) + 1), ...rest].join('\n');
    assert.notDeepEqual(failures(task({ checkpoint: grown })), []);
  });

  it('a receipt has its inputs from the parts, all of them or none', () => {
    const parts: Record<string, string> = {};
    const { inputs, receipt: split } = splitReceiptFile(file, parts);
    const whole = task({ receipts: [split], inputs, parts });
    const checked = (capsule: Capsule) =>
      verifyWithCapsules(encodeCapsule(capsule).bytes, { now: NOW }).checks.map(({ name }) => name);
    const withInputs = checked(whole);
    for (const digest of Object.keys(parts)) {
      const { [digest]: gone, ...left } = parts;
      assert.notEqual(gone, undefined);
      assert.deepEqual(checked({ ...whole, parts: left }), checked(task()), digest);
    }
    assert.notDeepEqual(withInputs, checked(task()));
    assert.deepEqual(failures(task({ receipts: [file] })), ['receipt']);
  });

  it('what was redacted excuses that record and no other', () => {
    const capsule = decisionCapsule();
    const [{ id, record }] = capsule.decisions as [Decision];
    const decisions = [{ id, record: { ...record, choice: ['b'] } }];
    for (const [path, expected] of [
      ['decisions/0/record/constraints/text', []],
      ['decisions/1/record/constraints/text', ['decision']],
      ['inputs/manifest/env', ['decision']],
    ] as const)
      assert.deepEqual(failures({ ...capsule, decisions, redacted: [path] }), expected, path);
  });

  it('is written in its form alone, and speaks of no other file', () => {
    const capsule = decisionCapsule();
    assert.throws(() => encodeCapsule({ ...capsule, more: 1 } as never), refused('DECODE_FAILED'));
    const parts = Object.fromEntries(
      Array.from({ length: CAPSULE_PARTS_MAX + 1 }, (_, n) => [bytesDigest(utf8(String(n))), 'AA==']),
    );
    assert.throws(() => encodeCapsule({ ...capsule, parts }), refused('LIMIT_EXCEEDED'));
    const { bytes } = encodeCapsule(capsule);
    assert.equal(verifyWithCapsules(bytes, { now: NOW }).ok, true);
    assert.equal(
      verifyWithCapsules(bytes, { now: NOW, about: { files: [], issuer: null, predicateType: null } }).ok,
      false,
    );
  });

  it('whoever was refused before a policy was asked is not asked about again', () => {
    const capsule = decisionCapsule();
    const [{ record }] = capsule.decisions as [Decision];
    const [first, second] = record.candidates;
    const early = { ...second!, allow: false, policies: [], refused: 'EXPIRED', detail: 'EXPIRED' };
    const { id, record: made } = makeDecision({ ...record, candidates: [first!, early] });
    const [replay] = replayCapsuleDecisions(
      { ...capsule, id, decisions: [{ id, record: made }] },
      ({ files }) => readCedar(files),
    );
    assert.deepEqual([replay!.asked, replay!.same, replay!.turned], [1, true, []]);
  });

  it('a member that is said to be refused, and is not, is told', async () => {
    const candidate = {
      ...{ agentId: makeAgent(10).agentId, operator: 'o', region: 'eu', fit: 1, price: 50n },
      ...{ rtt: null, reputation: null, load: null, local: 0 },
    };
    const wants = { ceiling: 10n, reputationFloor: 0, salt: 't' };
    const [ranked] = rankMembers([candidate], wants);
    const terms = ranked!.terms.map((term) => ({ ...term, detail: String(term.detail) }));
    const member = { ...ranked!, terms, known: knownOf(candidate) };
    assert.match(member.refused!, /above the ceiling/);
    const of = async (refused: string | null) => {
      const members = [{ ...member, refused }];
      const ranking = { ceiling: '10', reputationFloor: 0, salt: 't', independent: false, members };
      return (await replayCapsule({ ...emptyCapsule('task', 't'), ranking }, {})).ranking!.differences;
    };
    assert.deepEqual(await of(member.refused), []);
    assert.deepEqual(
      (await of(null)).map(({ term }) => term.replace(/^\S+ /, '')),
      ['refused'],
    );
  });
});
