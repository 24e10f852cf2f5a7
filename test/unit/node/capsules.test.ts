// Replay capsules: what is in them is bound and verified, replays are term by term, hostile files are refused, and secrets stay at home.

import assert from 'node:assert/strict';
import { secretPaths } from '../../../node/capsules/secrets.ts';
import { replayCapsule } from '../../../node/cli/capsule-replay.ts';
import { readCedar } from '../../../node/policy/index.ts';
import { concatBytes, utf8 } from '../../../protocol/bytes/index.ts';
import {
  CAPSULE_START,
  CAPSULE_VALUES_MAX,
  decodeCapsule,
  emptyCapsule,
  encodeCapsule,
  knownOf,
  originalsOf,
  replayCapsuleDecisions,
  verifyWithCapsules,
} from '../../../protocol/capsule/index.ts';
import { envelopeId, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { canonicalJson, type JsonValue } from '../../../protocol/json/index.ts';
import { pack } from '../../../protocol/packed/index.ts';
import { type Decision, makeDecision, policyFilesId } from '../../../protocol/policy/index.ts';
import { rankMembers } from '../../../protocol/task/index.ts';
import { makeAgent, makeCard, refused } from '../../support/agents.ts';
import { decided, decisionCapsule, failures } from '../../support/capsules.ts';
import { bundleOf, PERMIT, signedBundle } from '../../support/policies.ts';
import { NOW, sampleReceipt } from '../../support/receipt-files.ts';

const FORM = { name: 'capsule', start: CAPSULE_START, bytesMax: 1_000_000 };
const NO_B = {
  name: 'b.cedar',
  text: '@id("no-b") @detail("b is banned") forbid (principal, action, resource) when { resource == Zerostate::Agent::"b" };',
};
describe('node/capsules', () => {
  it('the same incident has the same bytes and digest, and is replayed bit for bit', async () => {
    const capsule = decisionCapsule();
    const { bytes, digest } = encodeCapsule(capsule);
    assert.deepEqual(encodeCapsule(structuredClone(capsule)).bytes, bytes);
    assert.deepEqual(decodeCapsule(bytes), { capsule, digest });
    assert.deepEqual(failures(capsule), []);
    const replay = await replayCapsule(capsule, {});
    assert.equal(replay.same, true);
    assert.deepEqual(
      replay.decisions.map(({ asked, differences, same }) => [asked, differences.length, same]),
      [[2, 0, true]],
    );
  });

  it('other policies say what turns, term by term', () => {
    const others = { id: 'others', policies: readCedar([PERMIT, NO_B]) };
    const [replay] = replayCapsuleDecisions(decisionCapsule(), ({ files }) => readCedar(files), others);
    assert.deepEqual(replay!.turned, ['b']);
    assert.deepEqual(
      replay!.differences.map(({ about, now, term, was }) => [about, term, was, now]),
      [
        ['b', 'allow', 'true', 'false'],
        ['b', 'policies', 'all', 'no-b'],
        ['b', 'detail', 'permitted by all: ', 'forbidden by no-b: b is banned'],
      ],
    );
  });

  it('an engine that says it in other words is found out, though the verdict is the same', () => {
    const [replay] = replayCapsuleDecisions(decisionCapsule(), () => ({
      ask: () => ({ allow: true, policies: ['all'], errors: [], detail: 'permitted by all:' }),
    }));
    assert.deepEqual(
      [replay!.same, replay!.differences.map(({ term }) => term)],
      [false, ['detail', 'detail']],
    );
  });

  it('a signed bundle is verified under its own keys, and under the id that decided', () => {
    const envelope = signedBundle();
    const id = envelopeId(envelope);
    const { name, sequence } = bundleOf();
    const signed = { id, name, sequence, envelope: envelopeToJson(envelope), files: null };
    assert.deepEqual(failures(decisionCapsule({ policies: [signed] })), []);
    const forged = structuredClone(signed) as typeof signed & { envelope: { payload: string } };
    forged.envelope.payload = Buffer.from(
      Buffer.from(forged.envelope.payload, 'base64').toString().replace('permit', 'forbid'),
    ).toString('base64');
    assert.deepEqual(failures(decisionCapsule({ policies: [forged] })), ['policies']);
    assert.deepEqual(failures(decisionCapsule({ policies: [{ ...signed, sequence: 2 }] })), ['policies']);
    const bare = decisionCapsule().policies[0]!;
    assert.deepEqual(failures(decisionCapsule({ policies: [{ ...bare, files: [NO_B] }] })), ['policies']);
    const long = [{ name: 'x.cedar', text: `// ${'x'.repeat(70_000)}` }];
    const id2 = policyFilesId(long);
    assert.deepEqual(failures(decisionCapsule({ policies: [{ ...bare, id: id2, files: long }] })), [
      'policies',
    ]);
  });

  it('a changed record, original or part is refused', () => {
    const capsule = decisionCapsule();
    const [{ id, record }] = capsule.decisions as [Decision];
    const changed = { id, record: { ...record, choice: ['b'] } };
    assert.deepEqual(failures({ ...capsule, decisions: [changed] }), ['decision']);
    const card = makeCard(makeAgent(1));
    const original = { id: envelopeId(card), envelope: envelopeToJson(card) };
    assert.deepEqual(failures({ ...capsule, originals: [original] }), []);
    assert.equal(originalsOf({ ...capsule, originals: [original] }).get(original.id)!.kind, 'card');
    const other = { ...original, id: envelopeId(makeCard(makeAgent(2))) };
    assert.deepEqual(failures({ ...capsule, originals: [other] }), ['originals']);
    assert.deepEqual(failures({ ...capsule, originals: [original, original] }), ['originals']);
    assert.deepEqual(failures({ ...capsule, parts: { [`sha256:${'0'.repeat(64)}`]: 'AAAA' } }), ['parts']);
  });

  it('an original that was taken away is missed, and one that was never held is named', async () => {
    const card = makeCard(makeAgent(1));
    const original = { id: envelopeId(card), envelope: envelopeToJson(card) };
    const { record } = decided(policyFilesId([PERMIT]));
    const [first, ...rest] = record.candidates;
    const { id, record: citing } = makeDecision({
      ...record,
      candidates: [{ ...first!, evidence: [original.id] }, ...rest],
      nonce: 1,
    });
    const whole = { ...decisionCapsule({ decisions: [{ id, record: citing }], originals: [original] }), id };
    assert.deepEqual(failures(whole), []);
    assert.deepEqual((await replayCapsule(whole, {})).left, []);
    const robbed = { ...whole, originals: [] };
    assert.deepEqual(failures(robbed), ['originals']);
    const named = { ...robbed, absent: [original.id] };
    assert.deepEqual(failures(named), []);
    const { left, same } = await replayCapsule(named, {});
    assert.deepEqual([same, left.length], [true, 1]);
    assert.match(left[0]!, new RegExp(`1 originals .* absent: ${original.id}`));
  });

  it('a receipt is verified as a receipt file is', () => {
    const { inputs: _, ...receipt } = sampleReceipt().file;
    const capsule = { ...emptyCapsule('task', 'task-1'), receipts: [receipt] };
    assert.deepEqual(failures(capsule), []);
    const other = { ...receipt, executorCard: envelopeToJson(makeCard(makeAgent(7))) };
    assert.deepEqual(failures({ ...capsule, receipts: [other] }), ['executor']);
    assert.deepEqual(failures({ ...capsule, receipts: ['x'] }), ['incident', 'receipt']);
  });

  it('a redacted record says that its id no longer binds it', () => {
    const capsule = decisionCapsule();
    const [{ id, record }] = capsule.decisions as [Decision];
    const decisions = [{ id, record: { ...record, constraints: { text: '[redacted]' } } }];
    const redacted = ['decisions/0/record/constraints/text'];
    const { checks, ok } = verifyWithCapsules(encodeCapsule({ ...capsule, decisions, redacted }).bytes, {
      now: NOW,
    });
    assert.equal(ok, true);
    assert.match(checks.map(({ detail }) => detail).join('\n'), /was redacted: its id binds no longer/);
  });

  it('refuses hostile files before it believes any of them', () => {
    const plain = (value: unknown) => pack(FORM, canonicalJson(value as JsonValue));
    const { bytes } = encodeCapsule(decisionCapsule());
    const bomb = bytes.slice();
    new DataView(bomb.buffer).setUint32(CAPSULE_START.length, 60_000_000);
    for (const [what, file] of [
      ['cut off', bytes.subarray(0, bytes.length - 9)],
      ['nothing in it', utf8(CAPSULE_START)],
      ['something behind its end', concatBytes(bytes, utf8('x'))],
      ['another version', utf8(CAPSULE_START.replace('v1', 'v2'))],
      ['longer than it can be', bomb],
      ['an unknown member', plain({ ...decisionCapsule(), more: 1 })],
      [
        'too many decisions',
        plain({ ...decisionCapsule(), decisions: Array(65).fill({ id: 'x', record: {} }) }),
      ],
      ['no canonical form', pack(FORM, utf8(JSON.stringify(decisionCapsule(), null, 1)))],
      [
        'nested too deep',
        plain({ ...decisionCapsule(), receipts: [JSON.parse('['.repeat(40) + ']'.repeat(40))] }),
      ],
    ] as const)
      assert.equal(verifyWithCapsules(file, { now: NOW }).ok, false, what);
    const { checks } = verifyWithCapsules(utf8(CAPSULE_START.replace('v1', 'v2')), { now: NOW });
    assert.match(checks[0]!.detail, /zerostate-capsule\/v2, which this version does not know/);
    const huge = bytes.slice();
    new DataView(huge.buffer).setUint32(CAPSULE_START.length, 0xffffffff);
    assert.throws(() => decodeCapsule(huge), refused('LIMIT_EXCEEDED'));
    const many = pack({ ...FORM, bytesMax: 2_000_000 }, utf8(`[${'0,'.repeat(CAPSULE_VALUES_MAX)}0]`));
    assert.throws(() => decodeCapsule(many), /more than 524288 values/);
  });

  it('what looks like a secret is found by its form or its name', () => {
    const jwt = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'x'].join('.');
    const manifest = {
      env: { DB_PASSWORD: 'hunter2', REGION: 'eu', AUTH: ['Bearer', 'abcdefghijklmnop1234'].join(' ') },
      args: ['--verbose', `--api-key=${'k'.repeat(8)}`, jwt],
      capability: 'turn invoices into a spreadsheet',
    };
    assert.deepEqual(secretPaths(manifest), ['env/DB_PASSWORD', 'env/AUTH', 'args/1', 'args/2']);
    assert.deepEqual(secretPaths({ text: 'count the words of a novel', limit: '5' }), []);
  });

  it('the choice of members is made again from what was known, term by term', async () => {
    const candidates = [1, 2, 3].map((n) => ({
      agentId: makeAgent(10 * n).agentId,
      operator: `o-${n}`,
      region: 'eu',
      fit: 900 - n,
      price: n === 3 ? 50n : 0n,
      rtt: 1_000 * n,
      reputation: n === 2 ? null : 500,
      load: 0,
      local: 0,
    }));
    const members = rankMembers(candidates, { ceiling: 10n, reputationFloor: 0, salt: 't' }).map(
      (ranked) => ({
        ...ranked,
        terms: ranked.terms.map((term) => ({ ...term, detail: String(term.detail) })),
        known: knownOf(candidates.find(({ agentId }) => agentId === ranked.agentId)!),
      }),
    );
    const ranking = { ceiling: '10', reputationFloor: 0, salt: 't', independent: false, members };
    const capsule = { ...emptyCapsule('task', 't'), ranking };
    assert.deepEqual(decodeCapsule(encodeCapsule(capsule).bytes).capsule, capsule);
    assert.equal((await replayCapsule(capsule, {})).same, true);
    assert.match(members[2]!.refused!, /above the ceiling/);
    const worded = structuredClone(ranking);
    for (const { terms } of worded.members) for (const term of terms) term.detail = 'in other words';
    assert.equal((await replayCapsule({ ...capsule, ranking: worded }, {})).same, true);
    const other = structuredClone(ranking);
    other.members[0]!.known.reputation = 0;
    const { ranking: replayed, same } = await replayCapsule({ ...capsule, ranking: other }, {});
    assert.equal(same, false);
    const terms = replayed!.differences.map(({ term }) => term.replace(/^\S+ /, ''));
    assert.ok(
      terms.includes('term reputation') && terms.includes('score') && terms.includes('place'),
      terms.join(),
    );
  });

  it('a simulation that comes out otherwise is told by its trace and its properties', async () => {
    const simulation = {
      scenario: {},
      seed: 7,
      until: 60,
      traceHash: 'a'.repeat(64),
      checks: [{ name: 'converges', ok: false }],
    };
    const capsule = { ...emptyCapsule('simulation', simulation.traceHash), simulation };
    const outcome = { traceHash: 'b'.repeat(64), checks: [{ name: 'converges', ok: true }] };
    const replay = await replayCapsule(capsule, { simulator: async () => outcome });
    assert.equal(replay.same, false);
    assert.deepEqual(
      replay.simulation?.differences.map(({ term }) => term),
      ['trace', 'converges'],
    );
    const same = await replayCapsule(capsule, { simulator: async () => simulation });
    assert.equal(same.same, true);
  });
});
