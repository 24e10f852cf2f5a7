// The lock per key: in order, independent between keys, bounded, and not stopped by failures.

import assert from 'node:assert/strict';
import { Serial } from '../../../node/serial.ts';
import { refused } from '../../support/agents.ts';

describe('serial work', () => {
  it('runs the work of a key one after another, and of other keys meanwhile', async () => {
    const serial = new Serial();
    const seen: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const first = serial.run('a', async () => {
      seen.push('a1');
      await gate;
      seen.push('a1 end');
    });
    const second = serial.run('a', async () => seen.push('a2'));
    await serial.run('b', async () => seen.push('b'));
    assert.deepEqual(seen, ['a1', 'b']);
    open();
    await Promise.all([first, second]);
    assert.deepEqual(seen, ['a1', 'b', 'a1 end', 'a2']);
  });

  it('hands a failure to its caller alone', async () => {
    const serial = new Serial();
    const failed = serial.run('a', () => Promise.reject(new Error('no')));
    const after = serial.run('a', async () => 7);
    await assert.rejects(failed, /no/);
    assert.equal(await after, 7);
  });

  it('refuses when too much waits, and takes work again later', async () => {
    const serial = new Serial();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const waiting = Array.from({ length: 1024 }, () => serial.run('a', () => gate));
    await assert.rejects(
      serial.run('a', async () => {}),
      refused('BUSY'),
    );
    open();
    await Promise.all(waiting);
    await serial.run('a', async () => {});
  });
});
