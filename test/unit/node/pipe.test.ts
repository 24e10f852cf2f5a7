// Two joined streams: while the reader of one is stalled nothing is looked at again and again, and what it then takes goes on.

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import type { Stream } from '@libp2p/interface';
import { joinStreams } from '../../../node/routing/pipe.ts';

const OPTIONS = { idleMs: 60_000, totalMs: 60_000, bytesMax: 1_000, onBytes: () => {} };

/** A stream as the library's are: its promise of `onDrain` is made once. */
class Fake extends EventTarget {
  status = 'open';
  writeStatus = 'writable';
  readStatus = 'readable';
  remoteWriteStatus = 'writable';
  writableNeedsDrain = false;
  /** How often somebody looked at what waits. */
  looks = 0;
  waits = 0;
  readonly #drain = Promise.withResolvers<void>();

  get writeBufferLength(): number {
    this.looks += 1;
    return this.waits;
  }
  /** As one whose reader takes nothing. */
  send(data: Uint8Array): boolean {
    this.waits += data.byteLength;
    this.writableNeedsDrain = true;
    return false;
  }
  async onDrain(): Promise<void> {
    if (this.writableNeedsDrain) await this.#drain.promise;
  }
  /** The connection can be written again; the reader takes so much. */
  drain(bytes: number): void {
    this.writableNeedsDrain = false;
    queueMicrotask(() => {
      this.waits -= bytes;
      this.writableNeedsDrain = this.waits > 0;
    });
    this.#drain.resolve();
    this.dispatchEvent(new Event('drain'));
  }
  pause(): void {
    this.readStatus = 'paused';
  }
  resume(): void {
    this.readStatus = 'readable';
  }
  abort(): void {
    if (this.status !== 'open') return;
    this.status = 'aborted';
    this.dispatchEvent(Object.assign(new Event('close'), { error: new Error('over') }));
  }
}

async function turns(): Promise<void> {
  for (let n = 0; n < 50; n++) await turn();
}

describe('two joined streams', () => {
  it('wait for a stalled reader without looking again and again, and go on when it has taken everything', async () => {
    const [near, far] = [new Fake(), new Fake()];
    const joined = joinStreams(near as unknown as Stream, far as unknown as Stream, OPTIONS);
    near.dispatchEvent(Object.assign(new Event('message'), { data: new Uint8Array(100) }));
    await turns();
    assert.equal(near.readStatus, 'paused');
    // Others on the same connection could be written again, and this one a little.
    far.drain(10);
    await turns();
    const before = far.looks;
    await turns();
    assert.equal(far.looks - before, 0, 'looks while nothing happens');
    assert.equal(near.readStatus, 'paused');
    far.drain(90);
    await turns();
    assert.equal(near.readStatus, 'readable');
    near.abort();
    assert.match((await joined)?.message ?? '', /over/);
  });
});
