// What a capsule says of itself is held against what is in it, and "the same" is said of nothing that was not there to be replayed.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCapsuleSigning } from '../../../node/capsules/signing.ts';
import { replayCapsule } from '../../../node/cli/capsule-replay.ts';
import {
  type Capsule,
  decodeCapsule,
  emptyCapsule,
  encodeCapsule,
  exporterOf,
  verifyWithCapsules,
} from '../../../protocol/capsule/index.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { envelopeFromJson, envelopeToJson } from '../../../protocol/envelope/index.ts';
import type { JsonValue } from '../../../protocol/json/index.ts';
import { peerIdOfKey, peerIdOfOrigin } from '../../../protocol/log/index.ts';
import type { Decision } from '../../../protocol/policy/index.ts';
import { seed } from '../../support/agents.ts';
import { decisionCapsule, failures } from '../../support/capsules.ts';
import { zerostate } from '../../support/cli.ts';
import { NOW, sampleReceipt } from '../../support/receipt-files.ts';

describe('protocol/capsule: its incident', () => {
  it('what names the incident is held against what is in it', () => {
    const of = (changes: Partial<Capsule>) => failures(decisionCapsule(changes));
    assert.deepEqual(of({ id: 'another' }), ['incident']);
    assert.deepEqual(of({ incident: 'simulation' }), ['incident']);
    const whole = decisionCapsule();
    assert.deepEqual(of({ decisions: [...whole.decisions, ...whole.decisions] }), ['incident']);
    assert.deepEqual(of({ policies: [...whole.policies, ...whole.policies] }), ['incident']);
    assert.deepEqual(of({ policies: [{ ...whole.policies[0]!, name: 'stricter' }] }), ['incident']);
    const { file, log } = sampleReceipt();
    const { inputs: _, ...receipt } = file;
    const task = { ...emptyCapsule('task', 'task-1'), receipts: [receipt] };
    assert.deepEqual(failures({ ...task, id: 'task-2' }), ['incident']);
    assert.deepEqual(failures({ ...task, receipts: [receipt, receipt] }), ['incident']);
    const ranking = { ceiling: null, reputationFloor: 0, salt: 'task-2', independent: false, members: [] };
    assert.deepEqual(failures({ ...task, ranking }), ['incident']);
    assert.deepEqual(failures({ ...task, ranking: { ...ranking, salt: 'task-1' } }), []);
    const { checkpoint, origin } = log;
    assert.deepEqual(failures({ ...task, checkpoint, node: peerIdOfOrigin(origin) }), []);
    assert.deepEqual(failures({ ...task, checkpoint, node: '12D3KooWother' }), ['incident']);
    const simulation = {
      scenario: { seconds: 60 },
      seed: 7,
      until: 60,
      traceHash: 'a'.repeat(64),
      checks: [],
    };
    const run = { ...emptyCapsule('simulation', simulation.traceHash), simulation };
    assert.deepEqual(failures(run), []);
    assert.deepEqual(failures({ ...run, id: 'b'.repeat(64) }), ['incident']);
    assert.deepEqual(failures({ ...run, simulation: { ...simulation, until: 61 } }), ['incident']);
  });

  it('what nothing binds any more, or is not there, is never said to be the same', async () => {
    const capsule = decisionCapsule();
    const [{ id, record }] = capsule.decisions as [Decision];
    const decisions = [{ id, record: { ...record, choice: ['b'] } }];
    const path = 'decisions/0/record/constraints/text';
    const { left } = await replayCapsule({ ...capsule, decisions, redacted: [path] }, {});
    assert.match(left.join(), /its record was redacted, and its id binds no longer/);
    const robbed = { ...capsule, incident: 'task' as const };
    assert.match((await replayCapsule(robbed, {})).left.join(), /no receipt is in the capsule/);
  });

  it('is the one that its node signed as a whole, or is said to be signed by nobody', () => {
    const node = peerIdOfKey(publicKeyOfSeed(seed(7)));
    const plain = decisionCapsule({ node, versions: { zerostate: '1' } });
    const signed = makeCapsuleSigning(seed(7)).sign(plain);
    const file = encodeCapsule(signed);
    assert.equal(file.digest, encodeCapsule(plain).digest);
    assert.deepEqual(encodeCapsule(makeCapsuleSigning(seed(7)).sign(plain)).bytes, file.bytes);
    assert.equal(exporterOf(decodeCapsule(file.bytes).capsule), node);
    assert.deepEqual(failures(signed), []);
    const said = (capsule: Capsule) =>
      verifyWithCapsules(encodeCapsule(capsule).bytes, { now: NOW }).checks.find(
        ({ name }) => name === 'exporter',
      )?.detail;
    assert.match(said(signed) as string, new RegExp(`exported by the node ${node}`));
    assert.match(said(plain) as string, /nobody signed it as a whole/);
    assert.deepEqual(failures(plain), []);
    const envelope = envelopeFromJson(signed.signed as JsonValue);
    const [signature] = envelope.signatures as [(typeof envelope.signatures)[number]];
    const other = peerIdOfKey(publicKeyOfSeed(seed(8)));
    for (const changed of [
      { ...signed, versions: { zerostate: '2' } },
      { ...signed, decisions: [] },
      { ...signed, node: other },
      { ...signed, node: null },
      { ...makeCapsuleSigning(seed(8)).sign(plain) },
      { ...signed, signed: envelopeToJson({ ...envelope, signatures: [signature, signature] }) },
      { ...signed, signed: envelopeToJson({ ...envelope, signatures: [] }) },
      { ...signed, signed: envelopeToJson({ ...envelope, payloadType: 'text/plain' }) },
      { ...signed, signed: 'me' },
    ])
      assert.ok(failures(changed as Capsule).includes('exporter'));
  });

  it('ends a replay of which parts are missing with a code of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zerostate-capsule-'));
    try {
      const codeOf = async (capsule: Capsule) => {
        const path = join(folder, 'incident.zsc');
        writeFileSync(path, encodeCapsule(capsule).bytes);
        return (await zerostate(['capsule', 'replay', path], { cwd: folder })).code;
      };
      const whole = decisionCapsule();
      assert.equal(await codeOf(whole), 0);
      assert.equal(await codeOf({ ...whole, absent: [`bafkrei${'a'.repeat(52)}`] }), 5);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
