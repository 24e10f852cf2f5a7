// What the streams that pass through a relay hold for slow readers is bounded in all, and who holds most gives way.

import assert from 'node:assert/strict';
import type { Stream } from '@libp2p/interface';
import { FORWARD_HELD_BYTES_MAX, RELAY_SHARES } from '../../../node/routing/limits.ts';
import { type LiveStream, LiveStreams } from '../../../node/routing/live-streams.ts';

const PART = FORWARD_HELD_BYTES_MAX / 16;

/** Streams of these peers, each holding so much on both its sides, and who was ended. */
function relay(held: readonly (readonly [from: string, bytes: number])[]) {
  const live = new LiveStreams((peer) => peer === 'relay');
  const ended: string[] = [];
  const streams = held.map(([from, bytes], n): LiveStream => {
    const side = (read: number, write: number) =>
      ({
        readBufferLength: read,
        writeBufferLength: write,
        abort: () => {
          ended.push(`${from} ${n}`);
          live.delete(streams[n]!);
        },
      }) as unknown as Stream;
    return { from, next: 'next', near: side(bytes / 2, 0), far: side(0, bytes / 2) };
  });
  for (const one of streams) live.add(one);
  live.relieve();
  const { size } = live;
  for (const one of streams) live.delete(one);
  return { ended, size };
}

describe('what the streams of a relay hold', () => {
  it('is left alone up to the bound', () => {
    const held = Array.from({ length: 16 }, () => ['edge', PART] as const);
    assert.deepEqual(relay(held), { ended: [], size: 16 });
  });

  it('beyond it is given up by the peer that holds most, its fullest stream first, until there is room', () => {
    const flood = Array.from({ length: 16 }, () => ['flood', PART] as const);
    const { ended, size } = relay([['honest', 3 * PART], ...flood, ['flood', 2 * PART], ['idle', 0]]);
    assert.deepEqual([ended.length, size, ended[0]], [4, 15, 'flood 17']);
    assert.ok(ended.every((one) => one.startsWith('flood')));
  });

  it('is that of many where a relay hands the streams over', () => {
    const { ended } = relay([
      ['relay', (RELAY_SHARES + 6) * PART],
      ['edge', 3 * PART],
    ]);
    assert.deepEqual(ended, ['edge 1']);
  });
});
