// Signed task manifests: what they bind, and what is refused.

import assert from 'node:assert/strict';
import { encodeEnvelope, signEnvelope } from '../../../protocol/envelope/index.ts';
import {
  canonicalJson,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
} from '../../../protocol/json/index.ts';
import * as tk from '../../../protocol/task/index.ts';
import { makeAgent, OBSERVED, refused } from '../../support/agents.ts';

const agent = makeAgent(10);
const part = { cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', bytes: 8 };
const draft: tk.SignManifestInput = {
  agent,
  signer: agent.operational,
  idempotencyKey: 'once',
  peer: OBSERVED.executor,
  issuedAt: '2026-03-01T00:00:00Z',
  deadline: '2026-03-01T00:10:00Z',
  module: part,
  stdin: null,
  inputs: [{ path: 'a/b.txt', ...part }],
  redundancy: 1,
  priceCeiling: { amount: '100', currency: 'ZST' },
  spec: { args: ['x'] },
};

/** The draft with changed members, signed as a careless or hostile requester would. */
function signed(change: JsonObject) {
  const { envelope } = tk.signManifest(draft);
  const body = { ...(parseStrictJson(envelope.payload) as JsonObject), ...change };
  return signEnvelope({
    payloadType: tk.TASK_MANIFEST_TYPE,
    payload: canonicalJson(body as JsonValue),
    signers: [agent.operational],
  });
}

describe('protocol/task: the manifest', () => {
  it('verifies from wire bytes; the same key of the same requester is the same task', () => {
    const first = tk.signManifest(draft);
    const again = tk.verifyManifest(encodeEnvelope(first.envelope));
    assert.deepEqual(again.manifest, first.manifest);
    assert.equal(again.id, tk.manifestIdOf(first.envelope));
    const later = tk.signManifest({ ...draft, issuedAt: '2026-03-01T00:00:01Z' });
    assert.equal(later.manifest.taskId, first.manifest.taskId);
    assert.notEqual(later.id, first.id);
    assert.notEqual(
      tk.signManifest({ ...draft, idempotencyKey: 'twice' }).manifest.taskId,
      first.manifest.taskId,
    );
  });

  const faults: [string, JsonObject, string][] = [
    ['another requester', { requester: makeAgent(30).agentId }, 'MANIFEST_INVALID'],
    ['a task id of its own', { taskId: 'abc' }, 'MANIFEST_INVALID'],
    ['a deadline before its date', { deadline: '2026-02-28T00:00:00Z' }, 'MANIFEST_INVALID'],
    ['a deadline two days away', { deadline: '2026-03-03T00:00:01Z' }, 'MANIFEST_INVALID'],
    [
      'a date after its key',
      { issuedAt: '2027-03-01T00:00:00Z', deadline: '2027-03-01T00:10:00Z' },
      'MANIFEST_INVALID',
    ],
    ['an unknown member', { more: 1 }, 'DECODE_FAILED'],
    ['too much redundancy', { redundancy: tk.REDUNDANCY_MAX + 1 }, 'DECODE_FAILED'],
    ['a fractional price', { priceCeiling: { amount: '1.5', currency: 'ZST' } }, 'DECODE_FAILED'],
    ['a negative price', { priceCeiling: { amount: '-1', currency: 'ZST' } }, 'DECODE_FAILED'],
    ['a module that is no content id', { module: { cid: 'x', bytes: 1 } }, 'DECODE_FAILED'],
    ['a path that climbs', { inputs: [{ path: '../etc/passwd', ...part }] }, 'DECODE_FAILED'],
    ['a path that climbs inside', { inputs: [{ path: 'a/../../b', ...part }] }, 'DECODE_FAILED'],
    [
      'a path that climbs behind a line break',
      { inputs: [{ path: 'a\n/../../b', ...part }] },
      'DECODE_FAILED',
    ],
    ['an empty part behind a line break', { inputs: [{ path: 'a\u2028//b', ...part }] }, 'DECODE_FAILED'],
    ['a path with a zero character', { inputs: [{ path: 'a\0b', ...part }] }, 'DECODE_FAILED'],
    ['an absolute path', { inputs: [{ path: '/a', ...part }] }, 'DECODE_FAILED'],
    ['a path with an empty part', { inputs: [{ path: 'a//b', ...part }] }, 'DECODE_FAILED'],
    [
      'one path twice',
      {
        inputs: [
          { path: 'a', ...part },
          { path: 'a', ...part },
        ],
      },
      'DECODE_FAILED',
    ],
    ['a spec that is no object', { spec: [] }, 'DECODE_FAILED'],
  ];
  for (const [name, change, code] of faults)
    it(`is refused with ${name}`, () =>
      assert.throws(() => tk.verifyManifest(signed(change)), refused(code as never)));

  it('is refused under another key', () => {
    const { envelope } = tk.signManifest(draft);
    const other = signEnvelope({
      payloadType: envelope.payloadType,
      payload: envelope.payload,
      signers: [makeAgent(30).operational],
    });
    assert.throws(() => tk.verifyManifest(other), refused('SIGNATURE_INVALID'));
  });
});
