// Which relay is reported: one that paths failed at while others, round it alone, did not; often, and as it is now.

import assert from 'node:assert/strict';
import { atFault, Faults } from '../../../node/routing/faults.ts';

describe('the fault of a path', () => {
  it('is the first relay’s where another path went round nobody else', () => {
    assert.equal(atFault(['a', 'x'], ['b', 'x']), 'a');
    assert.equal(atFault(['a'], ['b', 'x']), 'a');
  });

  it('is nobody’s where it may have been a relay further on, or the same relays carried it later', () => {
    assert.equal(atFault(['a', 'x'], ['b', 'y']), undefined);
    assert.equal(atFault(['a', 'x'], ['a', 'y']), undefined);
    assert.equal(atFault(['a', 'x'], ['a', 'x']), undefined);
    assert.equal(atFault([], ['a']), undefined);
  });
});

describe('faults', () => {
  const told = (faults: Faults, times: number) =>
    Array.from({ length: times }, () => faults.fault('a')).findIndex((note) => note !== undefined);

  it('are told of from the tenth on', () => {
    assert.equal(told(new Faults(), 12), 9);
  });

  it('are nothing beside many paths that carried, and something again when it has turned bad, however many that were', () => {
    const faults = new Faults();
    for (let n = 0; n < 100_000; n++) {
      faults.sound('a');
      if (n % 10 === 0) assert.equal(faults.fault('a'), undefined);
    }
    const after = told(faults, 100);
    assert.ok(after >= 10 && after < 60, `${after}`);
  });
});
