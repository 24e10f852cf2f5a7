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
  /** Faults towards these peers in turn until something is said. */
  const told = (faults: Faults, times: number, peers: readonly string[] = ['p', 'q', 'r']) =>
    Array.from({ length: times }, (_, at) => faults.fault('a', peers[at % peers.length]!)).findIndex(
      (note) => note !== undefined,
    );

  it('are told of from the tenth on', () => {
    assert.equal(told(new Faults(), 12), 9);
  });

  it('that one peer alone saw are told of never: it may not answer over one relay, and over others', () => {
    assert.equal(told(new Faults(), 1_000, ['p']), -1);
    const faults = new Faults();
    assert.equal(told(faults, 1_000, ['p']), -1);
    for (const peer of ['q', 'r', 's', 't', 'u']) assert.equal(faults.fault('a', peer), undefined);
    assert.match(faults.fault('a', 'v') ?? '', /broke or carried nothing/, 'six others had one each');
    const sound = new Faults();
    for (let n = 0; n < 40; n++) sound.sound('a', ['q', 'r', 's'][n % 3]!);
    assert.equal(told(sound, 1_000, ['p']), -1);
    assert.equal(told(sound, 6, ['q', 'r', 's']), -1, 'nor beside the faults that happen everywhere');
  });

  it('that few peers made together are told of never, while as many others are called over it and are reached', () => {
    const faults = new Faults();
    for (let round = 0; round < 1_000; round++) {
      for (const peer of ['p', 'q']) assert.equal(faults.fault('a', peer), undefined, `round ${round}`);
      for (const peer of ['r', 's']) faults.sound('a', peer);
    }
  });

  it('are told of though others were reached long ago', () => {
    const faults = new Faults();
    for (let n = 0; n < 200; n++) faults.sound('a', `old-${n % 20}`);
    const after = told(faults, 400, ['p', 'q']);
    assert.ok(after >= 10 && after < 300, `${after}`);
  });

  it('are nothing beside many paths that carried, and something again when it has turned bad, however many that were', () => {
    const faults = new Faults();
    const peers = ['p', 'q', 'r'];
    for (let n = 0; n < 100_000; n++) {
      const peer = peers[n % peers.length]!;
      faults.sound('a', peer);
      if (n % 10 === 0) assert.equal(faults.fault('a', peer), undefined);
    }
    const after = told(faults, 100);
    assert.ok(after >= 10 && after < 60, `${after}`);
  });
});
