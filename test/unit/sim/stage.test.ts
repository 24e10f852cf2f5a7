// The stage that routing policies are ranked on, the router core on it, and the verdict of a ranking.

import assert from 'node:assert/strict';
import { randomStream } from '../../../sim/random.ts';
import { runCores } from '../../../sim/stage/cores.ts';
import {
  callsOf,
  DAYS,
  FAULTS,
  RANKED_SIZES,
  RANKED_SIZES_FULL,
  REQUEST_MS_MAX,
  stageNetwork,
} from '../../../sim/stage/stage.ts';
import { pieceMs } from '../../../sim/stage/stage-wire.ts';
import { agreementOf, pairsOf, type RankedRun } from '../../bench/ranking.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the stage of the ranking', () => {
  it('leaves every edge a relay that is sound, of both sizes', () => {
    const bad = new Set<number>([FAULTS.slow.at, FAULTS.lossy.at, FAULTS.killed, FAULTS.liar.at]);
    for (const sizes of [RANKED_SIZES, RANKED_SIZES_FULL]) {
      const { homes, region, relays } = stageNetwork(sizes, 1);
      for (const [node, own] of homes.entries()) {
        if (node < relays) continue;
        assert.ok(
          own.some((relay) => !bad.has(relay)),
          `edge ${node}`,
        );
        assert.deepEqual(own.map((relay) => region[relay] === region[node]), [true, true, false]); // biome-ignore format: one call
      }
    }
  });

  it('has the same streams for the same seed, and no pair twice before the first is over', () => {
    for (const day of DAYS) {
      const calls = callsOf(RANKED_SIZES, 1, day);
      assert.deepEqual(calls, callsOf(RANKED_SIZES, 1, day));
      assert.notDeepEqual(calls, callsOf(RANKED_SIZES, 2, day));
      assert.equal(calls.filter(({ isMeasured }) => isMeasured).length, RANKED_SIZES.streams[day]);
      const lastAt = new Map<string, number>();
      for (const { atMs, from, to } of calls) {
        const pair = [from, to].sort((a, b) => a - b).join();
        assert.ok(atMs - (lastAt.get(pair) ?? Number.NEGATIVE_INFINITY) > REQUEST_MS_MAX);
        lastAt.set(pair, atMs);
      }
    }
  });

  it('sends a lost piece again, later each time, and adds what is wrong at both ends', () => {
    const never = { unit: () => 0, exponential: () => 0 };
    assert.equal(pieceMs(10, [undefined, undefined], never), 10);
    assert.equal(pieceMs(10, [{ oneWayMs: 5 }, { oneWayMs: 7 }], never), 22);
    // Jitter of either end, then three lots of the loss: lost twice, and not the third time.
    const lots = [0, 0, 0.05, 0.05, 0.5];
    const drawn = { unit: () => lots.shift()!, exponential: () => 0 };
    assert.equal(pieceMs(10, [{ oneWayMs: 0, loss: 0.1 }, undefined], drawn), 10 + 200 + 400);
  });

  it('runs the router core the same way twice, and slower where relays are bad', async () => {
    const sizes = {
      ...RANKED_SIZES,
      streams: { calm: 20, impaired: 40 },
      learnSeconds: { calm: 2, impaired: 2 },
    };
    const run = () => runCores({ policy: 'nearest', seed: 1, sizes, turn });
    const days = await run();
    assert.deepEqual(days, await run());
    assert.deepEqual(DAYS.map((day) => days[day].length), [20, 40]); // biome-ignore format: one call
    const slowest = DAYS.map((day) => Math.max(...days[day].map(({ request }) => request)));
    assert.ok(slowest[1]! > slowest[0]!);
    assert.ok(!days.calm.some(({ failed }) => failed));
    assert.ok(!days.impaired.some(({ relays }) => relays.includes(FAULTS.killed)));
  });
});

const runOf = (label: string, seed: number, ms: number): RankedRun => {
  const list = Array.from({ length: 60 }, (_, n) => ms * (1 + n / 600));
  const rest = { failed: 0, byLiar: 0, relays: 60, kept: 0, calm: { setup: 1, request: 1 } };
  return { tier: 'cores', seed, label, setup: list, request: list, ...rest };
};

describe('the verdict of a ranking', () => {
  const draws = () => randomStream(1, 'draws');
  const labels = ['a', 'b', 'c'];
  // a is better than c in every seed; b is better in one and worse in the other.
  const runs = [1, 2].flatMap((seed) => [
    runOf('a', seed, 100),
    runOf('b', seed, seed === 1 ? 50 : 220),
    runOf('c', seed, 200),
  ]);

  it('is sure of a pair that every seed has the same way, and has a tie where they differ', () => {
    const pairs = pairsOf(runs, labels, 'setup', draws());
    const sure = Object.fromEntries(pairs.map(({ first, second, sure }) => [`${first}${second}`, sure]));
    assert.deepEqual(sure, { ab: 0, ac: -1, bc: 0 });
    assert.deepEqual(pairs.map(({ better }) => better), [1, 2, 1]); // biome-ignore format: one call
    assert.ok(Math.abs(pairs[1]!.ratio - 0.5) < 0.01);
  });

  it('names the pairs of which two tiers say the opposite for sure', () => {
    const ones = pairsOf(runs, labels, 'setup', draws());
    const reverse = [1, 2].flatMap((seed) => [
      runOf('a', seed, 200),
      runOf('b', seed, 100),
      runOf('c', seed, 100),
    ]);
    const others = pairsOf(reverse, labels, 'setup', draws());
    assert.deepEqual(agreementOf(ones, others).contradicted, ['a / c']);
    const { agreed, contradicted, tau } = agreementOf(ones, ones);
    assert.deepEqual([agreed, contradicted, tau], [['a / c'], [], 1]);
  });
});
