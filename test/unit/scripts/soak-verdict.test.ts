// The verdict of a soak holds each of its bounds to what was counted, and says what a run was too short to tell; its waits have an end and a name.

import assert from 'node:assert/strict';
import { holds } from '../../chaos/rig.ts';
import type { HeapSample } from '../../soak/slope.ts';
import { type Counted, verdict } from '../../soak/verdict.ts';
import { WaitedTooLong, Waits } from '../../soak/waits.ts';

const MB = 1_000_000;

/** Memory of an hour that grows by so many bytes, with a little noise. */
function memory(perHour: number): HeapSample[] {
  return Array.from({ length: 100 }, (_, n) => ({
    hours: n / 100,
    cards: 100 + Math.floor(n / 10) * 10,
    others: 50 + Math.floor(n / 15) * 10,
    connections: 60 + (n % 3),
    results: n % 4,
    bytes: 90 * MB + (perHour * n) / 100 + (n % 2) * 10_000,
  }));
}

/** A process that held this, and code that grew by so many bytes an hour. */
const process = (at: number, samples: readonly HeapSample[], codePerHour = 0) => ({
  at,
  samples,
  code: memory(codePerHour).map((one) => ({ ...one, bytes: one.bytes - 75 * MB })),
  resident: memory(0),
});

/** An hour in which all went well; `changes` are what did not. */
function hour(changes: Partial<Counted> = {}): Counted {
  return {
    nodes: 20,
    minutes: 60,
    crashes: 0,
    load: { published: 900, revoked: 300, found: 500, ran: 500, refused: 40, unanswered: 0, heldBack: 3 },
    faults: { kill: 20, partition: 20, clock: 20, disk: 20, upgrade: 20, ended: 200, failed: 0, late: 0 },
    converged: 20_000,
    lost: { cards: 0, revocations: 0, tasks: 0, missing: 0, deliveries: 24_000, silent: 0 },
    processes: [process(0, memory(0))],
    ...changes,
  };
}

const failed = (counted: Counted) =>
  verdict(counted)
    .figures.filter((figure) => !holds(figure))
    .map(({ name }) => name);

describe('the verdict of a soak', () => {
  it('passes an hour in which all went well, and tells everything', () => {
    assert.deepEqual(failed(hour()), []);
    assert.deepEqual(verdict(hour()).unjudged, []);
  });

  it('fails by each bound for itself', () => {
    const { faults, lost } = hour();
    const leaks = [process(0, memory(0)), process(1, memory(3 * MB))];
    for (const [changes, name] of [
      [{ crashes: 5 }, 'crash-free sessions'],
      [{ lost: { ...lost, cards: 1 } }, 'acknowledged cards lost'],
      [{ lost: { ...lost, revocations: 1 } }, 'acknowledged revocations lost'],
      [{ lost: { ...lost, tasks: 1 } }, 'acknowledged tasks lost'],
      [{ lost: { ...lost, missing: 25 } }, 'unexplained drops'],
      [{ lost: { ...lost, silent: 1 } }, 'nodes silent at the end'],
      [{ faults: { ...faults, failed: 1 } }, 'faults that went wrong'],
      [{ converged: Number.POSITIVE_INFINITY }, 'all know the same, after'],
      [{ processes: leaks }, 'process 1: heap slope, data held apart'],
      [{ processes: [process(1, memory(0), 30 * MB)] }, 'process 1: code held'],
    ] as const)
      assert.deepEqual(failed(hour(changes)), [name]);
    assert.deepEqual(failed(hour({ lost: { ...lost, missing: 20 } })), [], 'below a thousandth');
  });

  it('says what a short run can not tell, and does not judge it', () => {
    const { faults, load, lost } = hour();
    const noisy = memory(2 * MB).map((one, n) => ({ ...one, bytes: one.bytes + (n % 7) * 5 * MB }));
    const short = hour({
      minutes: 2,
      load: { ...load, ran: 0 },
      faults: { ...faults, clock: 0 },
      lost: { ...lost, deliveries: 400 },
      processes: [process(0, noisy), { at: 1, samples: memory(9 * MB).slice(0, 3), code: [], resident: [] }],
    });
    assert.deepEqual(failed(short), []);
    assert.deepEqual(
      verdict(short).unjudged.map(({ name }) => name),
      [
        '60 minutes',
        'fault: clock',
        'acknowledged tasks lost',
        'unexplained drops',
        'process 0: heap slope, data held apart',
        'process 1: heap slope, data held apart',
        'process 1: the end of its code',
      ],
    );
  });
});

describe('the waits of a soak', () => {
  it('end in their time, say for what they wait, and leave nothing behind', async () => {
    const said: string[] = [];
    using waits = new Waits((text) => said.push(text));
    const never = new Promise<void>(() => {});
    const late = waits.for('a thing that never comes', 1, never);
    assert.equal(waits.text(), 'waiting for a thing that never comes (0 s of at most 0 s)');
    await assert.rejects(late, WaitedTooLong);
    assert.equal(await waits.for('a thing', 60_000, Promise.resolve(7)), 7);
    assert.equal(waits.text(), 'waiting for nothing');
  });

  it('say something again and again while nobody else does', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const alive = setTimeout(() => resolve('nothing was said'), 5_000);
    using waits = new Waits(resolve, { silenceMs: 2 });
    const work = waits.for('the end', 60_000, promise);
    assert.match(await work, /^waiting for the end \(0 s of at most 60 s\)$/);
    clearTimeout(alive);
  });
});
