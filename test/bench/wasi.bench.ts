// How much of WASI preview 1 our host gets right, and how much node:wasi does: the same fixtures in one run, every difference listed.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BEHAVIOURS, ourSubject } from '../support/wasi-behaviours/index.ts';
import type { Bench } from './bench.ts';
import { tryNodeWasi } from './wasm/node-wasi.ts';

export const bench: Bench = {
  name: 'wasi',
  summary: 'behaviours of WASI preview 1 that our host has, against those that node:wasi has',
  bar: { sign: '>=', value: 1 },
  async run({ folder, report, note }) {
    const place = folder();
    let ours = 0;
    let node = 0;
    for (const behaviour of BEHAVIOURS) {
      const own = tryOurs(behaviour);
      const empty = join(place, behaviour.name);
      mkdirSync(empty);
      const other = tryNodeWasi(behaviour, empty);
      if (own === null) ours++;
      else note(`${behaviour.name}: ours: ${own}`);
      if (other === null) node++;
      else note(`${behaviour.name}: node:wasi: ${other}`);
    }
    report({
      case: `of ${BEHAVIOURS.length}`,
      sizes: { behaviours: BEHAVIOURS.length },
      ours,
      peer: node,
      peerName: 'node:wasi',
      unit: 'behaviours',
      better: 'higher',
    });
  },
};

function tryOurs(behaviour: (typeof BEHAVIOURS)[number]): string | null {
  try {
    behaviour.run(ourSubject(behaviour));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
