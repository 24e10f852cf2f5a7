// Partners that exchange logs: they converge from any state within their credit, and a log that shows two histories is found out.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isZeroError } from '../../../protocol/errors/index.ts';
import {
  type EquivocationFinding,
  findEquivocation,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import {
  answerConsistency,
  answerHeads,
  answerTail,
  CREDIT_BYTES_MIN,
  consistencyRequest,
  decodeSyncMessage,
  encodeSyncMessage,
  headsRequests,
  judgeConsistency,
  planSync,
  type Tail,
  tailRequest,
  verifyTail,
} from '../../../protocol/sync/index.ts';
import { Follower, MemoryLog, sampleEntry } from '../../support/memory-log.ts';

const ENTRIES = Array.from({ length: 40 }, (_, n) => sampleEntry(n));

/** A node that follows logs, and asks one partner at a time, over encoded messages only. */
class Partner {
  readonly logs = new Map<string, Follower>();
  readonly evidence = new Map<string, EquivocationFinding>();
  bytesOver = 0;

  follow(origin: string): Follower {
    const known = this.logs.get(origin);
    if (known !== undefined) return known;
    const made = new Follower(origin);
    this.logs.set(origin, made);
    return made;
  }

  heads(): ReturnType<typeof planSyncMap> {
    return planSyncMap(this.logs);
  }

  async askFrom(other: Partner, credit: number): Promise<void> {
    for (const request of headsRequests(this.heads())) {
      const asked = decodeSyncMessage(encodeSyncMessage(request), ['heads-request']);
      const answer = decodeSyncMessage(encodeSyncMessage(answerHeads(other.heads(), asked)), [
        'heads-response',
      ]);
      const plan = planSync(this.heads(), answer.heads);
      for (const { origin, mine, theirs } of plan.forks)
        this.found(origin, verifyEquivocation({ first: mine, second: theirs.text, proof: [] }));
      for (const head of plan.behind) await this.compare(head.text);
      for (const { origin, to } of plan.fetch) await this.pull(other, origin, to, credit);
      // What the asker says of itself is looked at too.
      const back = planSync(other.heads(), asked.heads);
      for (const head of back.behind) await other.compare(head.text);
    }
  }

  async compare(text: string): Promise<void> {
    const head = verifyNodeCheckpoint(text);
    const own = this.logs.get(head.origin);
    if (own === undefined || own.checkpoint === '') return;
    const mine = verifyNodeCheckpoint(own.checkpoint);
    if (mine.size >= head.size) this.found(head.origin, await findEquivocation(head, mine, own.nodes));
  }

  async pull(other: Partner, origin: string, to: number, credit: number): Promise<void> {
    const own = this.follow(origin);
    const source = other.logs.get(origin)!;
    for (let round = 0; round < 100; round++) {
      const request = tailRequest({ origin, from: own.tree.size, to }, credit);
      const bytes = await answerTail(request, source);
      this.bytesOver = Math.max(this.bytesOver, bytes.length - credit);
      try {
        const tail = verifyTail({
          request,
          response: decodeSyncMessage(bytes, ['tail-response'], credit),
          tree: own.tree,
        });
        own.accept(tail);
        if (tail.complete) return;
      } catch (error) {
        if (!isZeroError(error) || own.checkpoint === '') throw error;
        const mine = verifyNodeCheckpoint(own.checkpoint);
        const answer = await answerConsistency(consistencyRequest(mine, to), source);
        this.found(origin, judgeConsistency(mine, decodeSyncMessage(answer, ['consistency-response'])));
        return;
      }
    }
  }

  found(origin: string, finding: EquivocationFinding | null): void {
    if (finding !== null) this.evidence.set(origin, finding);
  }
}

function planSyncMap(
  logs: ReadonlyMap<string, Follower>,
): Map<string, NonNullable<ReturnType<Follower['head']>>> {
  return new Map(
    [...logs].flatMap(([origin, log]) => (log.head() === undefined ? [] : [[origin, log.head()!] as const])),
  );
}

/** Verified tails from nothing, by log and size: the same ones are given again and again. */
const given = new Map<MemoryLog, Map<number, Tail>>();

/** Gives a partner the first `size` entries of a log, as if it had pulled them long ago. */
async function give(partner: Partner, log: MemoryLog, size: number): Promise<void> {
  if (size === 0) return;
  const follower = partner.follow(log.origin);
  const known = given.get(log)?.get(size);
  if (known !== undefined) {
    follower.accept(known);
    return;
  }
  const request = tailRequest({ origin: log.origin, from: 0, to: size });
  const part = {
    checkpoint: log.checkpointAt(size),
    nodes: log.nodes,
    entries: (from: number, to: number) => log.stored.slice(from, to),
  };
  const response = decodeSyncMessage(await answerTail(request, part), ['tail-response']);
  const tail = verifyTail({ request, response, tree: follower.tree });
  given.set(log, (given.get(log) ?? new Map<number, Tail>()).set(size, tail));
  follower.accept(tail);
}

describe('partners', () => {
  it('converge from any two states, within their credit', async () => {
    const sizes = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: CREDIT_BYTES_MIN, max: 40_000 }), async (states, credit) => {
        const [a, b] = [new Partner(), new Partner()];
        const logs = states.map((_, i) => new MemoryLog(100 + i).append(...ENTRIES));
        for (const [i, [sizeA, sizeB]] of states.entries()) {
          await give(a, logs[i]!, sizeA);
          await give(b, logs[i]!, sizeB);
        }
        await a.askFrom(b, credit);
        await b.askFrom(a, credit);
        for (const [i, [sizeA, sizeB]] of states.entries()) {
          const { origin, nodes } = logs[i]!;
          const size = Math.max(sizeA, sizeB);
          for (const partner of [a, b]) {
            const follower = partner.logs.get(origin);
            assert.equal(follower?.tree.size ?? 0, size);
            if (size > 0) assert.deepEqual(follower?.tree.root(), nodes.roots[size]);
          }
        }
        assert.ok(a.bytesOver <= 0 && b.bytesOver <= 0);
        assert.equal(a.evidence.size + b.evidence.size, 0);
      }),
      { numRuns: 40 },
    );
  });

  it('find every one of 1,000 forks in two rounds of exchange, with evidence that verifies alone', async () => {
    // Two histories of one log for each point where they part; heads of any size beyond it are shown to different partners.
    let forks = 0;
    for (let shared = 0; shared < 10; shared++) {
      const one = new MemoryLog(7).append(...ENTRIES.slice(0, 20));
      const other = new MemoryLog(7).append(...ENTRIES.slice(0, shared), ...ENTRIES.slice(shared + 1, 21));
      for (let i = 0; i < 100; i++) {
        const [sizeOne, sizeOther] = [shared + 1 + (i % 10), shared + 1 + Math.floor(i / 10)];
        const partners = Array.from({ length: 3 }, () => new Partner());
        await give(partners[0]!, one, sizeOne);
        await give(partners[1]!, other, sizeOther);
        await give(partners[2]!, one, shared);
        for (let round = 0; round < 2; round++) {
          for (const [from, to] of [
            [2, 0],
            [0, 1],
            [1, 2],
          ] as const)
            await partners[from]!.askFrom(partners[to]!, 65_536);
        }
        const found = partners.flatMap(({ evidence }) => [...evidence.values()]);
        assert.ok(found.length > 0, `shared ${shared}, sizes ${sizeOne} and ${sizeOther}`);
        verifyEquivocation(found[0]!);
        forks++;
      }
    }
    assert.equal(forks, 1_000);
  }).timeout(60_000);
});
