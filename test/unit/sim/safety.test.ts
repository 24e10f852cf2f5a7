// What must never happen at real nodes is found, with the moment at which it was seen first. The nodes here are stand-ins that hold what they are told.

import { deepEqual, equal } from 'node:assert/strict';
import type { Fleet } from '../../../sim/real/fleet.ts';
import { type Acknowledged, Safety } from '../../../sim/real/safety.ts';

interface Held {
  cards: string[];
  logs: { origin: string; size: number; root: Uint8Array }[];
}

const root = (byte: number) => new Uint8Array(32).fill(byte);
const held = (): Held => ({
  cards: ['Agent 1'],
  logs: [{ origin: 'log-a', size: 2, root: root(2) }],
});

/** A fleet of nodes that hold these things; the last one is an adversary. */
function fleetOf(holds: readonly Held[]): Fleet {
  return {
    cast: { isHonest: (n: number) => n < holds.length - 1, pairs: [] },
    isHere: () => true,
    nodes: holds.map((one) => ({
      book: {
        get: (id: string) => (one.cards.includes(id) ? {} : undefined),
        list: () => one.cards.map((name) => ({ card: { name } })),
      },
      store: { states: () => one.logs },
    })),
  } as unknown as Fleet;
}

describe('safety at real nodes', () => {
  const broken = (safety: Safety, at: number) =>
    safety
      .look(at)
      .filter(({ ok }) => !ok)
      .map(({ at: when, name }) => [name, when]);

  it('holds while logs grow, whatever adversaries hold', () => {
    const holds = [held(), held(), held()];
    const safety = new Safety(fleetOf(holds), [{ id: 'Agent 1', node: 0 }], []);
    deepEqual(broken(safety, 1), []);
    holds[0]!.logs = [{ origin: 'log-a', size: 3, root: root(3) }];
    holds[2]!.logs = [{ origin: 'log-a', size: 1, root: root(9) }];
    holds[2]!.cards.push('Made up');
    deepEqual(broken(safety, 2), []);
    equal(safety.look(3).length, 3);
  });

  it('finds a node that goes back or to another history, and says when, also after it is mended', () => {
    for (const [size, byte] of [
      [1, 1],
      [2, 7],
    ] as const) {
      const holds = [held(), held(), held()];
      const safety = new Safety(fleetOf(holds), [], []);
      deepEqual(broken(safety, 1), []);
      holds[1]!.logs = [{ origin: 'log-a', size, root: root(byte) }];
      deepEqual(broken(safety, 2.5), [['monotonic-heads', 2.5]]);
      holds[1]!.logs = held().logs;
      deepEqual(broken(safety, 4), [['monotonic-heads', 2.5]]);
    }
  });

  it('finds a card that nobody wrote, and one that was acknowledged and is gone', () => {
    const holds = [held(), held(), held()];
    const acknowledged: Acknowledged[] = [];
    const safety = new Safety(fleetOf(holds), acknowledged, []);
    holds[0]!.cards.push('Made up');
    deepEqual(broken(safety, 3), [['no-false-accept', 3]]);
    acknowledged.push({ id: 'Agent 2', node: 1 });
    deepEqual(broken(safety, 4), [
      ['acknowledged-kept', 4],
      ['no-false-accept', 3],
    ]);
  });

  it('tells of a publication that was refused', () => {
    const safety = new Safety(fleetOf([held(), held()]), [], ['the disk is full']);
    equal(safety.look(1).find(({ name }) => name === 'acknowledged-kept')?.detail, 'the disk is full');
  });
});
