// The parts of the pool that decide alone: fair queue, module cache, frames, remembered speeds.

import assert from 'node:assert/strict';
import type { CompiledModule } from '../../../wasm-runner/isolate/compile.ts';
import { frameHead, frameLength, readFrame } from '../../../wasm-runner/isolate/frame.ts';
import { ModuleCache } from '../../../wasm-runner/isolate/module-cache.ts';
import { Refusal } from '../../../wasm-runner/meter/refusal.ts';
import { FairQueue } from '../../../wasm-runner/pool/queue.ts';
import { resultOf } from '../../../wasm-runner/pool/results.ts';
import { Speeds } from '../../../wasm-runner/pool/speeds.ts';

describe('fair queue', () => {
  const any = (): boolean => true;

  it('serves lanes in turn, each in its own order', () => {
    const queue = new FairQueue<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item[0]!, item);
    const taken = Array.from({ length: 6 }, () => queue.take(any));
    assert.deepEqual(taken, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    assert.equal(queue.take(any), undefined);
    assert.equal(queue.size, 0);
  });
  it('passes over what does not fit, without losing its place', () => {
    const queue = new FairQueue<string>();
    for (const item of ['slow1', 'quick1', 'slow2']) queue.push('a', item);
    assert.equal(
      queue.take((item) => item.startsWith('quick')),
      'quick1',
    );
    assert.equal(
      queue.take((item) => item.startsWith('quick')),
      undefined,
    );
    assert.equal(queue.take(any), 'slow1');
    assert.equal(queue.size, 1);
  });
  it('removes one item, and drains', () => {
    const queue = new FairQueue<string>();
    for (const item of ['x', 'y', 'z']) queue.push('a', item);
    assert.equal(queue.remove('a', 'y'), true);
    assert.equal(queue.remove('a', 'y'), false);
    assert.equal(queue.remove('b', 'x'), false);
    assert.deepEqual(queue.drain(), ['x', 'z']);
    assert.equal(queue.size, 0);
  });
});

describe('module cache', () => {
  const module = (bytes: number) => ({ bytes }) as CompiledModule;

  it('drops the least recently used when its bytes are used up', () => {
    const cache = new ModuleCache(100);
    cache.set('a', module(40));
    cache.set('b', module(40));
    cache.get('a');
    cache.set('c', module(40));
    assert.deepEqual(
      ['a', 'b', 'c'].map((id) => cache.get(id) !== undefined),
      [true, false, true],
    );
    assert.equal(cache.bytes, 80);
  });
  it('keeps one entry however large, and counts a replaced one once', () => {
    const cache = new ModuleCache(100);
    cache.set('a', module(40));
    cache.set('a', module(60));
    assert.equal(cache.bytes, 60);
    cache.set('huge', module(1_000));
    assert.equal(cache.get('a'), undefined);
    assert.notEqual(cache.get('huge'), undefined);
    cache.set('refused', new Refusal('MODULE_INVALID', 'no'));
    assert.equal(cache.get('huge'), undefined);
    assert.ok(cache.get('refused') instanceof Refusal);
  });
});

describe('frames', () => {
  const whole = (header: object, blobs: Uint8Array[]): Uint8Array => {
    const head = frameHead(header, blobs);
    return Uint8Array.from([...head, ...blobs.flatMap((blob) => [...blob])]);
  };

  it('carry a header and byte strings', () => {
    const blobs = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(9)];
    const bytes = whole({ id: 7, text: 'é' }, blobs);
    assert.equal(frameLength(bytes), bytes.length);
    const frame = readFrame<{ id: number; text: string }>(bytes);
    assert.deepEqual([frame.header.id, frame.header.text], [7, 'é']);
    assert.deepEqual(frame.blobs, blobs);
  });
  it('that are cut or lie about their lengths throw', () => {
    const bytes = whole({ id: 1 }, [Uint8Array.of(1, 2, 3)]);
    assert.throws(() => readFrame(bytes.subarray(0, bytes.length - 1)), RangeError);
    assert.throws(() => readFrame(bytes.subarray(0, 12)));
  });
});

describe('speeds', () => {
  it('a module is slow by its running mean; unknown ones are quick', () => {
    const speeds = new Speeds();
    assert.equal(speeds.isSlow('m', 20), false);
    speeds.note('m', 100);
    assert.equal(speeds.isSlow('m', 20), true);
    for (let round = 0; round < 10; round++) speeds.note('m', 1);
    assert.equal(speeds.isSlow('m', 20), false);
    speeds.note('m', 1_000);
    speeds.forget('m');
    assert.equal(speeds.meanOf('m'), undefined);
  });
  it('remembers a bounded number of modules', () => {
    const speeds = new Speeds();
    for (let index = 0; index < 5_000; index++) speeds.note(`m${index}`, 50);
    assert.equal(speeds.meanOf('m0'), undefined);
    assert.equal(speeds.meanOf('m4999'), 50);
  });
});

describe('the result of a job', () => {
  it('holds its own bytes, and not the slab that they were read into', () => {
    const slab = Buffer.alloc(65_536);
    const said = slab.subarray(100, 105).fill('x');
    const header = { status: 'completed', exitCode: 0, trap: null, fuel: '1', outputs: ['a'], trace: null };
    const large = slab.subarray(200, 60_200);
    const { outputs, stdout } = resultOf(
      { header: header as never, blobs: [said, slab.subarray(0, 0), large] },
      { mode: 'deterministic' } as never,
      1,
    );
    assert.deepEqual([...stdout], [120, 120, 120, 120, 120]);
    assert.equal(stdout.buffer.byteLength, 5);
    assert.equal(outputs.a?.buffer, slab.buffer, 'most of a slab is not copied');
  });
});
