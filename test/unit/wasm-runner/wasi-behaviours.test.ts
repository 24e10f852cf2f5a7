// WASI preview 1: the behaviours of the public test suite, each by a fixture of our own. `npm run bench -- wasi` tries node:wasi on them too.

import assert from 'node:assert/strict';
import { BEHAVIOURS, ourSubject } from '../../support/wasi-behaviours/index.ts';

describe('wasi: behaviours', () => {
  for (const behaviour of BEHAVIOURS) it(behaviour.name, () => behaviour.run(ourSubject(behaviour)));

  it('each has a name of its own', () => {
    assert.equal(new Set(BEHAVIOURS.map(({ name }) => name)).size, BEHAVIOURS.length);
  });
});
