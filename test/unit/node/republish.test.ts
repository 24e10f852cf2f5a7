// Republication of local cards in the DHT: again and again, long before a record dies, at jittered times, with retries.

import assert from 'node:assert/strict';
import { CardService, type CardServiceDeps } from '../../../node/cards/card-service.ts';
import { DHT_RECORD_AGE_MS_MAX } from '../../../node/host/limits.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 60_000;

/** A service over a clock that is moved by hand; answers when each put happened. */
function service(agents: string[], fails: (now: number) => boolean, busy = () => 0) {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const puts = new Map<string, number[]>(agents.map((agent) => [agent, []]));
  const made = new CardService({
    book: { get: (agentId: string) => ({ agentId, bytes: new Uint8Array(1) }) },
    vault: { list: () => agents.map((agentId) => ({ agentId })) },
    host: { getPeers: () => [1] },
    clock: {
      now: () => now,
      after: (ms: number, run: () => void) => {
        timers.push({ at: now + ms, run });
        return () => {};
      },
    },
    records: {
      put: async (agentId: string) => {
        if (fails(now)) throw new ZeroError('QUORUM_FAILED', 'nobody kept it');
        puts.get(agentId)!.push(now);
        return 3;
      },
    },
    log: createLogger({ level: 'silent', name: 'test' }),
    busy,
  } as unknown as CardServiceDeps);
  const pass = async (ms: number) => {
    for (const end = now + ms; now < end; now += STEP_MS) {
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { run } of due) run();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { made, pass, puts };
}

describe('republication', () => {
  it('puts every card again at least four times before its record would die, at different times', async () => {
    const { made, pass, puts } = service(['a', 'b', 'c', 'd'], () => false);
    made.start();
    await pass(DHT_RECORD_AGE_MS_MAX + 14.5 * HOUR_MS);
    made.stop();
    for (const times of puts.values()) {
      assert.ok(times.length >= 5, `${times.length} puts`);
      const gaps = times.slice(1).map((time, i) => (time - times[i]!) / HOUR_MS);
      for (const gap of gaps) assert.ok(gap > 9 && gap < 15, `${gap} h between two puts`);
    }
    const second = new Set([...puts.values()].map((times) => times[1]));
    assert.ok(second.size > 1, 'nodes and cards do not act together');
  });

  it('tries again soon when nobody kept it', async () => {
    const { made, pass, puts } = service(['a'], (now) => now < HOUR_MS);
    made.start();
    await pass(2 * HOUR_MS);
    made.stop();
    const [first] = puts.get('a')!;
    assert.ok(first! >= HOUR_MS && first! < HOUR_MS + 5 * STEP_MS, `first put after ${first} ms`);
  });

  it('puts by the time that the thread has: one card now and then when it has none, and the rest as it has more', async () => {
    let share = 1;
    const { made, pass, puts } = service(
      ['a', 'b', 'c', 'd', 'e', 'f'],
      () => false,
      () => share,
    );
    const done = () => [...puts.values()].filter((times) => times.length > 0).length;
    made.start();
    await pass(15 * STEP_MS);
    assert.equal(done(), 0);
    await pass(10 * STEP_MS);
    assert.equal(done(), 1);
    share = 0.5;
    await pass(STEP_MS);
    assert.equal(done(), 3);
    share = 0;
    await pass(STEP_MS);
    assert.equal(done(), 6);
    made.stop();
  });
});
