// What a process holds when its garbage is gone, compiled code apart from the rest: code comes with what is executed for the first time and goes
// when it has not been for some collections, so that it moves by megabytes while nothing is kept.

import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Spaces of the heap that hold instructions, bytecode and what belongs to them, and no object of a program. */
const CODE_SPACES = /^(?:code|trusted|shared_trusted)_/;
/** Collections at a look: what a finalizer or a closing stream held is let go in the turns after one. */
const COLLECTIONS = 3;
const TURNS = 5;

/** Bytes of a process. */
export interface Memory {
  readonly resident: number;
  /** Held after a collection: the heap, and what it holds outside of it. */
  readonly held: number;
  /** Of these: compiled code. */
  readonly code: number;
  /** Of these: outside of the heap, buffers among them. */
  readonly external: number;
}

type Collect = (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;
let collect: Collect | undefined;

/** Collects all garbage that can be collected, and says what is left. */
export async function weigh(): Promise<Memory> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  for (let n = 0; n < COLLECTIONS; n++) {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  }
  const { external, heapUsed, rss } = process.memoryUsage();
  const code = getHeapSpaceStatistics()
    .filter(({ space_name: name }) => CODE_SPACES.test(name))
    .reduce((sum, { space_used_size: used }) => sum + used, 0);
  return { resident: rss, held: heapUsed + external, code, external };
}
