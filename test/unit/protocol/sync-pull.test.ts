// The pull machine: it brings everything over, ends for every kind of partner, and finds forks.

import assert from 'node:assert/strict';
import {
  answerConsistency,
  answerHeads,
  answerTail,
  decodeSyncMessage,
  encodeSyncMessage,
  newPull,
  type PullBudget,
  type PullEffect,
  type PullEvent,
  type PullView,
  stepPull,
} from '../../../protocol/sync/index.ts';
import { Follower, MemoryLog, sampleEntry } from '../../support/memory-log.ts';

type Source = MemoryLog | Follower;
type Answer = (bytes: Uint8Array) => Promise<Uint8Array>;

const ENTRIES = Array.from({ length: 30 }, (_, n) => sampleEntry(n));
const ASKS = ['heads-request', 'tail-request', 'consistency-request'] as const;

/** An honest partner over these logs. */
function partner(...logs: Source[]): Answer {
  const of = new Map(logs.map((log) => [log.origin, log]));
  return async (bytes) => {
    const message = decodeSyncMessage(bytes, ASKS);
    if (message.kind === 'tail-request') return answerTail(message, of.get(message.origin)!);
    if (message.kind === 'consistency-request') return answerConsistency(message, of.get(message.origin)!);
    return encodeSyncMessage(
      answerHeads(new Map([...of].map(([origin, log]) => [origin, log.head()!])), message),
    );
  };
}

/** Carries out the effects until the machine is done. */
async function pull(
  mine: Map<string, Follower>,
  answer: Answer,
  budget?: PullBudget,
): Promise<{ effects: PullEffect[]; rounds: number }> {
  const view = (): PullView => ({
    heads: new Map(
      [...mine].flatMap(([origin, log]) =>
        log.head() === undefined ? [] : [[origin, log.head()!] as const],
      ),
    ),
    tree: (origin) => mine.get(origin)?.tree,
  });
  const seen: PullEffect[] = [];
  let state = newPull(budget);
  let event: PullEvent | null = { kind: 'start' };
  let rounds = 0;
  while (event !== null) {
    const step = stepPull(state, event, view());
    state = step.state;
    event = null;
    for (const effect of step.effects) {
      seen.push(effect);
      if (effect.kind === 'store') {
        const follower = mine.get(effect.tail.origin) ?? new Follower(effect.tail.origin);
        mine.set(effect.tail.origin, follower);
        follower.accept(effect.tail);
        event = { kind: 'stored' };
      } else if (effect.kind === 'send') {
        rounds++;
        event = { kind: 'answer', bytes: await answer(effect.bytes) };
      }
    }
  }
  return { effects: seen, rounds };
}

function outcome(effects: readonly PullEffect[]): { complete: boolean; codes: string[] } {
  const last = effects.at(-1);
  assert.ok(last?.kind === 'done', 'the machine ends with done');
  return { complete: last.complete, codes: last.refused.map(({ code }) => code) };
}

describe('the pull machine', () => {
  it('brings over all logs of a partner, and asks one question when nothing is new', async () => {
    const logs = [1, 2, 3].map((seed) => new MemoryLog(seed).append(...ENTRIES.slice(0, seed * 10)));
    const mine = new Map<string, Follower>();
    assert.deepEqual(outcome((await pull(mine, partner(...logs))).effects), { complete: true, codes: [] });
    for (const log of logs) assert.deepEqual(mine.get(log.origin)?.stored, log.stored);
    const again = await pull(mine, partner(...logs));
    assert.equal(again.rounds, 1);
  });

  it('grants what a large entry needs', async () => {
    const log = new MemoryLog(1).append(sampleEntry(1, 'x'.repeat(1_040_000)), sampleEntry(2));
    const mine = new Map<string, Follower>();
    assert.deepEqual(outcome((await pull(mine, partner(log))).effects), { complete: true, codes: [] });
    assert.equal(mine.get(log.origin)?.stored.length, 2);
  });

  it('ends with evidence when the log shows another history', async () => {
    for (const [held, shown] of [
      [4, 9],
      [5, 5],
      [8, 12],
    ] as const) {
      const mine = new Map<string, Follower>();
      await pull(mine, partner(new MemoryLog(1).append(...ENTRIES.slice(0, held))));
      const twin = new MemoryLog(1).append(...ENTRIES.slice(10, 10 + shown));
      const { effects } = await pull(mine, partner(twin));
      const found = effects.filter((effect) => effect.kind === 'evidence');
      assert.equal(found.length, 1, `${held} and ${shown}`);
      assert.equal(mine.get(twin.origin)?.stored.length, held, 'nothing of it is stored');
    }
  });

  it('asks for a comparison when a partner shows a smaller head', async () => {
    const log = new MemoryLog(1).append(...ENTRIES);
    const mine = new Map<string, Follower>();
    await pull(mine, partner(log));
    const { effects } = await pull(mine, partner(new MemoryLog(1).append(...ENTRIES.slice(0, 7))));
    assert.deepEqual(
      effects.filter((effect) => effect.kind === 'compare').map(({ head }) => head.size),
      [7],
    );
  });

  it('tells a lying partner from a forked log', async () => {
    const log = new MemoryLog(1).append(...ENTRIES);
    const mine = new Map<string, Follower>();
    await pull(mine, partner(new MemoryLog(1).append(...ENTRIES.slice(0, 10))));
    const honest = partner(log);
    const liar: Answer = async (bytes) => {
      const answer = await honest(bytes);
      const message = decodeSyncMessage(answer, ['tail-response', 'heads-response', 'consistency-response']);
      if (message.kind !== 'tail-response') return answer;
      return encodeSyncMessage({ ...message, entries: message.entries.toReversed() });
    };
    const { effects } = await pull(mine, liar);
    assert.deepEqual(outcome(effects), { complete: false, codes: ['SYNC_REFUSED'] });
    assert.ok(!effects.some((effect) => effect.kind === 'evidence' || effect.kind === 'store'));
  });

  it('ends for nonsense, for a refusal, and for more bytes than were granted', async () => {
    const log = new MemoryLog(1).append(...ENTRIES);
    const honest = partner(log);
    const thenLie = (count: number, lie: (answer: Uint8Array) => Uint8Array): Answer => {
      let asked = 0;
      return async (bytes) => (asked++ < count ? honest(bytes) : lie(await honest(bytes)));
    };
    const refusal = encodeSyncMessage({ kind: 'refusal', code: 'OVERLOADED', retryAfterMs: 1 });
    assert.deepEqual(
      outcome(
        (
          await pull(
            new Map(),
            thenLie(0, () => Uint8Array.of(1)),
          )
        ).effects,
      ).codes,
      ['DECODE_FAILED'],
    );
    assert.deepEqual(
      outcome(
        (
          await pull(
            new Map(),
            thenLie(1, () => refusal),
          )
        ).effects,
      ).codes,
      ['DECODE_FAILED'],
    );
    assert.deepEqual(
      outcome(
        (
          await pull(
            new Map(),
            thenLie(1, () => new Uint8Array(2 ** 21)),
          )
        ).effects,
      ).codes,
      ['CREDIT_EXCEEDED'],
    );
  });

  it('stops when the budget of the partner is spent', async () => {
    const logs = Array.from({ length: 6 }, (_, i) => new MemoryLog(20 + i).append(...ENTRIES));
    const spent = { complete: false, codes: ['CREDIT_EXCEEDED'] };
    const few = await pull(new Map(), partner(...logs), { bytes: 2 ** 30, rounds: 3 });
    assert.deepEqual([outcome(few.effects), few.rounds], [spent, 3]);
    const small = await pull(new Map(), partner(...logs), { bytes: 10_000, rounds: 100 });
    assert.deepEqual(outcome(small.effects), spent);
    assert.ok(small.rounds < 6);
  });

  it('does not go on for a partner that repeats itself', async () => {
    let asked = 0;
    const looping: Answer = async () => {
      asked++;
      return encodeSyncMessage({ kind: 'heads-response', heads: [], resumeAfter: 'a' });
    };
    assert.deepEqual(outcome((await pull(new Map(), looping)).effects).codes, ['SYNC_REFUSED']);
    assert.equal(asked, 2);
  });

  it('refuses an answer to nothing', () => {
    const { effects } = stepPull(
      newPull(),
      { kind: 'answer', bytes: new Uint8Array(0) },
      { heads: new Map(), tree: () => undefined },
    );
    assert.deepEqual(outcome(effects).codes, ['SYNC_REFUSED']);
  });
});
