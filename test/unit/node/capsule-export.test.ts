// What of an incident leaves the house: the decisions, policies and originals that belong to it, signed as a whole; and no secret, and no input that
// was not to be passed on.

import assert from 'node:assert/strict';
import { type CapsuleDeps, exportCapsule } from '../../../node/capsules/export.ts';
import { makeCapsuleSigning } from '../../../node/capsules/signing.ts';
import { fromBase64, toBase64 } from '../../../protocol/bytes/index.ts';
import {
  type Capsule,
  decodeCapsule,
  exporterOf,
  verifyWithCapsules,
} from '../../../protocol/capsule/index.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { encodeEnvelope, envelopeId } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { peerIdOfKey } from '../../../protocol/log/index.ts';
import { type Decision, makeDecision, policyFilesId } from '../../../protocol/policy/index.ts';
import { nodeIdOfContentId } from '../../../protocol/provenance/index.ts';
import { makeAgent, makeCard, refused, seed } from '../../support/agents.ts';
import { decided } from '../../support/capsules.ts';
import { bundleOf, PERMIT, signedBundle } from '../../support/policies.ts';
import { jsonFile, NOW, sampleReceipt } from '../../support/receipt-files.ts';

const PEER = peerIdOfKey(publicKeyOfSeed(seed(7)));
const BUILT_IN = policyFilesId([PERMIT]);
const bundle = signedBundle();
const sample = sampleReceipt();
const RECEIPT = envelopeId(sample.receipt);
const card = makeCard(makeAgent(1));
const GONE = envelopeId(makeCard(makeAgent(2)));
const KEY = ['-----BEGIN', 'PRIVATE KEY-----'].join(' ');

/** A node that has made these decisions and keeps a receipt whose task had this manifest. */
function nodeWith(decisions: readonly Decision[], manifest: object = { args: ['count'] }, task: object = {}) {
  const notFound = () => {
    throw new ZeroError('NOT_FOUND', 'not here');
  };
  const inputs = { ...(sample.file.inputs as object), manifest: toBase64(jsonFile(manifest)) };
  const policies = {
    [BUILT_IN]: { files: [PERMIT], name: 'built-in', sequence: 0 },
    [envelopeId(bundle)]: { files: [PERMIT], name: bundleOf().name, sequence: 1 },
  };
  return {
    book: { list: () => [{ bytes: encodeEnvelope(card), cardId: envelopeId(card) }], get: () => undefined },
    capsuleSigning: makeCapsuleSigning(seed(7)),
    files: { get: async (id: string) => (id === RECEIPT ? jsonFile({ ...sample.file, inputs }) : undefined) },
    ownLog: { origin: sample.log.origin },
    peerId: PEER,
    policy: {
      why: async (id: string) => decisions.find((one) => one.id === id),
      decisions: async () => [...decisions],
      bundles: {
        policyOf: async (id: string) => policies[id] ?? notFound(),
        envelope: (id: string) => (id === envelopeId(bundle) ? bundle : undefined),
      },
    },
    provenance: {
      service: {
        graph: {
          thing: (id: string) => id,
          statementsAbout: (id: string) => (id === nodeIdOfContentId(RECEIPT) ? [0] : []),
          isSelf: () => true,
          statement: () => ({ index: 0, origin: sample.log.origin }),
        },
      },
    },
    receipts: { get: notFound },
    store: { state: () => ({ checkpoint: '' }), body: async () => encodeEnvelope(sample.receipt) },
    tasks: {
      get: (id: string) =>
        id === 'task-1'
          ? {
              ...{ taskId: id, submittedAt: NOW - 10, endedAt: NOW + 10, members: [], order: {} },
              ...{ runs: [{ receiptId: RECEIPT }, { receiptId: null }], ...task },
            }
          : notFound(),
      manifest: async () => ({ manifest: { spec: { capability: 'words' }, priceCeiling: null } }),
    },
  } as unknown as CapsuleDeps;
}

async function exported(
  node: CapsuleDeps,
  id: string,
  options: { inputs?: boolean; secrets?: boolean } = {},
): Promise<Capsule> {
  const { bytes } = await exportCapsule(node, id, { inputs: true, secrets: false, ...options });
  const failed = verifyWithCapsules(bytes, { now: NOW }).checks.filter(({ ok }) => !ok);
  assert.deepEqual(
    failed.filter(({ name }) => name === 'exporter' || name === 'incident' || name === 'originals'),
    [],
  );
  return decodeCapsule(bytes).capsule;
}

/** A decision with other facts. */
const like = (of: Decision, changes: Partial<Decision['record']>) =>
  makeDecision({ ...of.record, ...changes });
const found = decided(BUILT_IN);
const text = (capsule: Capsule) => JSON.stringify(capsule);

describe('an exported capsule', () => {
  it('is signed by its node as a whole', async () => {
    const capsule = await exported(nodeWith([found]), found.id);
    assert.equal(exporterOf(capsule), PEER);
    assert.throws(() => exporterOf({ ...capsule, absent: [GONE] }), refused('SIGNATURE_INVALID'));
  });

  it('has the policies that decided, and the originals that are cited, or names what is absent', async () => {
    const [first, ...rest] = found.record.candidates;
    const evidence = [envelopeId(card), RECEIPT, GONE, 'did:key:none'];
    const policy = { id: envelopeId(bundle), name: bundleOf().name, sequence: 1 };
    const citing = like(found, { policy, candidates: [{ ...first!, evidence }, ...rest] });
    const capsule = await exported(nodeWith([citing]), citing.id);
    assert.deepEqual(
      capsule.originals.map(({ id }) => id),
      [envelopeId(card), RECEIPT].sort(),
    );
    assert.deepEqual(capsule.absent, [GONE, 'did:key:none'].sort());
    assert.deepEqual(
      capsule.policies.map(({ envelope, files, id }) => [id, envelope !== null, files]),
      [[envelopeId(bundle), true, null]],
    );
    const [bare] = (await exported(nodeWith([found]), found.id)).policies;
    assert.deepEqual([bare?.envelope, bare?.files], [null, [PERMIT]]);
  });

  it('of a task has the decisions about it that were made while it was under way', async () => {
    const run = (id: string, nonce: number) => {
      const [first] = found.record.candidates;
      const resource = { ...first!.resource, type: 'Task' as const, id };
      return like(found, { kind: 'run', nonce, candidates: [{ ...first!, resource }], choice: [] });
    };
    const [mine, others] = [run('task-1', 2), run('task-2', 3)];
    const [begin, end] = [-10, 10].map((ms) => like(found, { at: NOW + ms })) as [Decision, Decision];
    const outside = [-11, 11].map((ms) => like(found, { at: NOW + ms }));
    const elsewhere = decided(BUILT_IN, { text: 'other words' });
    const all = [end, others, mine, elsewhere, ...outside, begin];
    const capsule = await exported(nodeWith(all), 'task-1');
    assert.deepEqual(
      capsule.decisions.map(({ id }) => id),
      [begin, mine, end].map(({ id }) => id),
    );
    assert.equal(capsule.receipts.length, 1);
    const byReceipt = await exported(nodeWith(all), RECEIPT);
    assert.deepEqual(
      byReceipt.decisions.map(({ id }) => id),
      [mine.id],
    );
    await assert.rejects(
      exportCapsule(nodeWith([]), 'task-9', { inputs: true, secrets: false }),
      refused('NOT_FOUND'),
    );
  });

  it('passes on what a task was given, unless that is not wanted or holds what looks like a secret', async () => {
    const open = nodeWith([]);
    const whole = await exported(open, 'task-1');
    assert.equal(Object.keys(whole.parts).length, 3);
    assert.deepEqual(JSON.parse(Buffer.from(fromBase64(whole.inputs!.manifest)).toString()), {
      args: ['count'],
    });
    assert.deepEqual(whole.redacted, []);
    const without = await exported(open, 'task-1', { inputs: false });
    assert.deepEqual([without.inputs, without.parts, without.redacted], [null, {}, ['inputs']]);
    const secret = nodeWith([], { env: { DB_PASSWORD: 'hunter2' } });
    const cut = await exported(secret, 'task-1');
    assert.deepEqual([cut.inputs, cut.parts, cut.redacted], [null, {}, ['inputs/manifest/env/DB_PASSWORD']]);
    assert.notEqual((await exported(secret, 'task-1', { secrets: true })).inputs, null);
    assert.equal((await exported(secret, 'task-1', { secrets: true, inputs: false })).inputs, null);
  });

  it('has no secret that somebody searched with, and says where one was', async () => {
    const asked = decided(BUILT_IN, { text: `${KEY} abc`, region: 'eu' });
    const node = nodeWith([asked]);
    const capsule = await exported(node, asked.id);
    assert.deepEqual(capsule.redacted, ['decisions/0/record/constraints/text']);
    assert.deepEqual((capsule.decisions[0]!.record as Decision['record']).constraints, {
      text: '[redacted]',
      region: 'eu',
    });
    assert.equal(text(capsule).includes(KEY), false);
    assert.equal(text(await exported(node, asked.id, { secrets: true })).includes(KEY), true);
  });

  it('keeps how members were ranked only where that is known of all of them', async () => {
    const known = { fit: 1, price: null, rtt: null, reputation: null, load: null, local: 0, unfit: null };
    const member = { agentId: 'a', known, operator: 'o', refused: null, region: 'eu', score: 1, terms: [] };
    const order = { reputationFloor: 0, redundancy: 1 };
    const ranked = async (members: object[]) =>
      (await exported(nodeWith([], {}, { members, order }), 'task-1')).ranking;
    assert.equal((await ranked([member]))?.members.length, 1);
    assert.equal(await ranked([member, { ...member, agentId: 'b', known: undefined }]), null);
    assert.equal(await ranked([]), null);
  });
});

describe('what looks like a secret', () => {
  it('is a key, or a token by its beginning', async () => {
    const { looksSecret } = await import('../../../node/capsules/secrets.ts');
    for (const words of [
      KEY,
      `use ${['ghp', 'a'.repeat(20)].join('_')}`,
      `${['AKIA', 'A'.repeat(16)].join('')}`,
    ])
      assert.equal(looksSecret(words), true, words);
    assert.equal(looksSecret('a public key and a token of thanks'), false);
    assert.deepEqual([looksSecret('x', 'apiKey'), looksSecret('', 'apiKey')], [true, false]);
  });
});
