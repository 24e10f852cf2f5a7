// Synchronisation of one log: heads are compared, tails are checked, and the answer stays within its credit.

import assert from 'node:assert/strict';
import { EMPTY_ROOT, noteSigner, signCheckpoint } from '../../../protocol/log/index.ts';
import {
  answerHeads,
  answerTail,
  CREDIT_BYTES_MAX,
  CREDIT_BYTES_MIN,
  decodeSyncMessage,
  encodeSyncMessage,
  type Head,
  headsRequests,
  planSync,
  TAIL_BYTES_MAX,
  type TailRequest,
  type TailResponse,
  tailRequest,
  verifyTail,
} from '../../../protocol/sync/index.ts';
import { refuses } from '../../support/codes.ts';
import { Follower, MemoryLog, sampleEntry } from '../../support/memory-log.ts';

const entries = Array.from({ length: 60 }, (_, n) => sampleEntry(n));
const heads = (...list: Head[]): Map<string, Head> => new Map(list.map((head) => [head.origin, head]));

async function ask(request: TailRequest, log: MemoryLog): Promise<TailResponse> {
  const bytes = await answerTail(request, log);
  assert.ok(bytes.length <= request.credit, `${bytes.length} bytes of ${request.credit}`);
  return decodeSyncMessage(bytes, ['tail-response'], request.credit);
}

describe('comparing heads', () => {
  const log = new MemoryLog(1).append(...entries.slice(0, 10));

  it('asks for nothing when both are equal', () => {
    const plan = planSync(heads(log.head()), [log.checkpoint]);
    assert.deepEqual(plan, { fetch: [], forks: [], behind: [], refused: [] });
  });

  it('asks for the missing tail, from nothing and from the middle', () => {
    assert.deepEqual(
      planSync(new Map(), [log.checkpoint]).fetch.map(({ from, to }) => [from, to]),
      [[0, 10]],
    );
    const mine = { origin: log.origin, size: 7, checkpoint: log.checkpointAt(5) };
    assert.deepEqual(
      planSync(heads(mine), [log.checkpoint]).fetch.map(({ from, to }) => [from, to]),
      [[7, 10]],
    );
  });

  it('reports what is behind, and two roots for one size', () => {
    assert.equal(planSync(heads(log.head()), [log.checkpointAt(4)]).behind[0]?.size, 4);
    const twin = new MemoryLog(1).append(...entries.slice(1, 11));
    const [fork] = planSync(heads(log.head()), [twin.checkpoint]).forks;
    assert.deepEqual([fork?.mine, fork?.theirs.text], [log.checkpoint, twin.checkpoint]);
  });

  it('refuses heads that the origin did not sign, and goes on with the others', () => {
    const liar = signCheckpoint({
      origin: log.origin,
      size: 99,
      root: new Uint8Array(32),
      signer: noteSigner(new Uint8Array(32).fill(2)),
    });
    const plan = planSync(new Map(), [
      liar,
      'rubbish',
      log.checkpoint.replace('\n10\n', `\n${2n ** 62n}\n`),
      log.checkpoint,
    ]);
    assert.deepEqual(
      plan.refused.map(({ code }) => code),
      ['SIGNATURE_INVALID', 'DECODE_FAILED', 'LIMIT_EXCEEDED'],
    );
    assert.equal(plan.fetch.length, 1);
  });

  it('answers an interval with what differs, and says where to go on', () => {
    const logs = Array.from({ length: 5 }, (_, i) =>
      new MemoryLog(10 + i).append(...entries.slice(0, i + 1)),
    );
    const mine = heads(...logs.map((each) => each.head()));
    const [all] = headsRequests(new Map());
    assert.equal(answerHeads(mine, all!).heads.length, 5);
    const [same] = headsRequests(mine);
    assert.deepEqual(answerHeads(mine, same!), { kind: 'heads-response', heads: [], resumeAfter: null });
    const sorted = [...mine.keys()].sort();
    const part = answerHeads(mine, { kind: 'heads-request', after: sorted[1]!, upTo: sorted[3]!, heads: [] });
    assert.deepEqual(part.heads, [mine.get(sorted[2]!)?.checkpoint, mine.get(sorted[3]!)?.checkpoint]);
  });
});

describe('fetching a tail', () => {
  it('brings a follower to the same tree, also in parts under a small credit', async () => {
    const log = new MemoryLog(3).append(...entries.map((_, n) => sampleEntry(n, `${n} `.repeat(300))));
    const follower = new Follower(log.origin);
    let rounds = 0;
    while (follower.checkpoint !== log.checkpoint) {
      const [fetch] = planSync(heads(...[follower.head() ?? []].flat()), [log.checkpoint]).fetch;
      const request = tailRequest({ ...fetch!, from: follower.tree.size }, CREDIT_BYTES_MIN);
      const tail = verifyTail({ request, response: await ask(request, log), tree: follower.tree });
      assert.equal(tail.complete, tail.to === 60);
      follower.accept(tail);
      rounds++;
    }
    assert.ok(rounds > 1 && rounds < 10, `${rounds} rounds`);
    assert.deepEqual(follower.tree.root(), log.nodes.tree.root());
    assert.deepEqual(follower.stored, log.stored);
  });

  it('passes on what a partner may see, and marks what is withheld', async () => {
    const log = new MemoryLog(3).append(sampleEntry(1), { ...sampleEntry(2), body: null });
    const request = tailRequest({ origin: log.origin, from: 0, to: 2 });
    const follower = new Follower(log.origin);
    const tail = verifyTail({ request, response: await ask(request, log), tree: follower.tree });
    assert.deepEqual(
      tail.entries.map(({ body }) => body === null),
      [false, true],
    );
  });

  it('says what an entry needs when it is larger than the credit', async () => {
    const log = new MemoryLog(3).append(sampleEntry(1, 'x'.repeat(50_000)));
    const request = tailRequest({ origin: log.origin, from: 0, to: 1 }, CREDIT_BYTES_MIN);
    const follower = new Follower(log.origin);
    const tail = verifyTail({ request, response: await ask(request, log), tree: follower.tree });
    assert.ok(tail.needs > 50_000 && !tail.complete);
    const again = { ...request, credit: tail.needs };
    assert.ok(verifyTail({ request: again, response: await ask(again, log), tree: follower.tree }).complete);
  });

  it('is no longer than what the largest entry needs, whatever is granted', async () => {
    const log = new MemoryLog(3).append(
      ...Array.from({ length: 5 }, (_, n) => sampleEntry(n, String(n).padEnd(350_000, 'x'))),
    );
    const request = tailRequest({ origin: log.origin, from: 0, to: 5 }, CREDIT_BYTES_MAX);
    const bytes = await answerTail(request, log);
    assert.ok(bytes.length > 1_000_000 && bytes.length <= TAIL_BYTES_MAX, `${bytes.length} bytes`);
    assert.equal(decodeSyncMessage(bytes, ['tail-response']).entries.length, 3);
  });

  it('adopts a newer signature over entries that are at hand', async () => {
    const log = new MemoryLog(3).append(...entries.slice(0, 4));
    const request = tailRequest({ origin: log.origin, from: 4, to: 4 });
    const follower = new Follower(log.origin);
    const first = { ...request, from: 0 };
    follower.accept(verifyTail({ request: first, response: await ask(first, log), tree: follower.tree }));
    assert.ok(verifyTail({ request, response: await ask(request, log), tree: follower.tree }).complete);
  });

  it('refuses anything but the continuation of the tree at hand', async () => {
    const log = new MemoryLog(3).append(...entries.slice(0, 20));
    const request = tailRequest({ origin: log.origin, from: 0, to: 20 });
    const honest = await ask(request, log);
    const { tree } = new Follower(log.origin);
    const check = (response: TailResponse): unknown => verifyTail({ request, response, tree });
    check(honest);
    const swapped = [honest.entries[1]!, honest.entries[0]!, ...honest.entries.slice(2)];
    refuses(() => check({ ...honest, entries: swapped }), 'PROOF_INVALID');
    refuses(() => check({ ...honest, entries: honest.entries.slice(0, 19) }), 'PROOF_INVALID');
    refuses(() => check({ ...honest, entries: [...honest.entries, honest.entries[0]!] }), 'SYNC_REFUSED');
    refuses(() => check({ ...honest, entries: [] }), 'SYNC_REFUSED');
    refuses(() => verifyTail({ request: { ...request, to: 10 }, response: honest, tree }), 'SYNC_REFUSED');
    refuses(() => check({ ...honest, proof: [EMPTY_ROOT] }), 'PROOF_INVALID');
    refuses(() => check({ ...honest, checkpoint: log.checkpointAt(19) }), 'SYNC_REFUSED');
    refuses(
      () => check({ ...honest, checkpoint: new MemoryLog(4).append(...entries.slice(0, 20)).checkpoint }),
      'SIGNATURE_INVALID',
    );
    const five = honest.entries[5] as { salt: Uint8Array; body: Uint8Array };
    const replaced = (change: Partial<typeof five>): TailResponse['entries'] =>
      honest.entries.map((entry, i) => (i === 5 ? { ...five, ...change } : entry));
    refuses(
      () => check({ ...honest, entries: replaced({ body: honest.entries[6]!.body! }) }),
      'PROOF_INVALID',
    );
    refuses(() => check({ ...honest, entries: replaced({ salt: new Uint8Array(16) }) }), 'PROOF_INVALID');
    refuses(() => check({ ...honest, entries: replaced({ salt: new Uint8Array(15) }) }), 'DECODE_FAILED');
    refuses(() => check({ ...honest, entries: replaced({ body: new Uint8Array(9) }) }), 'DECODE_FAILED');
    assert.equal(tree.size, 0, 'the tree at hand is untouched');
  });

  it('refuses a fork that goes on from another history', async () => {
    const log = new MemoryLog(3).append(...entries.slice(0, 10));
    const twin = new MemoryLog(3).append(...entries.slice(5, 30));
    const request = tailRequest({ origin: log.origin, from: 10, to: 25 });
    const response = await ask(request, twin);
    refuses(() => verifyTail({ request, response, tree: log.nodes.tree }), 'PROOF_INVALID');
  });
});

describe('messages', () => {
  it('are refused beyond the credit, of another kind, and with trailing bytes', async () => {
    const log = new MemoryLog(3).append(...entries);
    const bytes = await answerTail(tailRequest({ origin: log.origin, from: 0, to: 60 }), log);
    refuses(() => decodeSyncMessage(bytes, ['tail-response'], bytes.length - 1), 'CREDIT_EXCEEDED');
    refuses(() => decodeSyncMessage(bytes, ['heads-response']), 'DECODE_FAILED');
    refuses(() => decodeSyncMessage(Uint8Array.from([...bytes, 0]), ['tail-response']), 'DECODE_FAILED');
    const refusal = { kind: 'refusal', code: 'OVERLOADED', retryAfterMs: 500 } as const;
    assert.deepEqual(decodeSyncMessage(encodeSyncMessage(refusal), ['tail-response', 'refusal']), refusal);
  });

  it('refuse credits and sizes out of range', () => {
    const request = tailRequest({ origin: 'o', from: 0, to: 5 });
    for (const bad of [{ credit: 10 }, { credit: 2 ** 40 }, { from: 6 }]) {
      const bytes = encodeSyncMessage({ ...request, ...bad });
      refuses(() => decodeSyncMessage(bytes, ['tail-request']), 'DECODE_FAILED', 'LIMIT_EXCEEDED');
    }
  });
});
