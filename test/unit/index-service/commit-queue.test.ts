// Group commit: what is written together, in which order it is acknowledged, and what happens when the disk refuses.

import { strict as assert } from 'node:assert';
import type { FileHandle } from 'node:fs/promises';
import { COMMIT_RECORDS_MAX } from '../../../index-service/limits.ts';
import { CommitQueue } from '../../../index-service/store/commit-queue.ts';
import { refused } from '../../support/agents.ts';

/** A file in memory that notes its calls and can be told to fail. */
class FakeFile {
  bytes = Buffer.alloc(0);
  readonly calls: string[] = [];
  failNext = '';

  #note(call: string): void {
    this.calls.push(call);
    if (this.failNext !== call) return;
    this.failNext = '';
    throw new Error(`${call} fails`);
  }

  async write(
    source: Uint8Array,
    at: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }> {
    // A torn write: half of it arrives before the failure.
    const half = this.failNext === 'write' ? length >> 1 : length;
    const grown = Buffer.alloc(Math.max(this.bytes.length, position + half));
    this.bytes.copy(grown);
    grown.set(source.subarray(at, at + half), position);
    this.bytes = grown;
    this.#note('write');
    return { bytesWritten: half };
  }

  async datasync(): Promise<void> {
    this.#note('datasync');
  }

  async truncate(length: number): Promise<void> {
    this.bytes = this.bytes.subarray(0, length);
    this.#note('truncate');
  }
}

describe('group commit', () => {
  let file: FakeFile;
  let queue: CommitQueue;
  beforeEach(() => {
    file = new FakeFile();
    queue = new CommitQueue(file as unknown as FileHandle, 0);
  });

  it('writes what waits with one flush, and acknowledges in order', async () => {
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3].map((n) => queue.append(Uint8Array.of(n, n), (offset) => order.push(offset))),
    );
    assert.deepEqual(order, [0, 2, 4]);
    assert.deepEqual(file.calls, ['write', 'datasync']);
    assert.deepEqual([...file.bytes], [1, 1, 2, 2, 3, 3]);
    assert.equal(queue.end, 6);
  });

  it('splits what is too much for one flush', async () => {
    await Promise.all(
      Array.from({ length: COMMIT_RECORDS_MAX + 1 }, () => queue.append(Uint8Array.of(1), () => {})),
    );
    assert.equal(file.calls.filter((call) => call === 'datasync').length, 2);
  });

  for (const call of ['write', 'datasync']) {
    it(`acknowledges nothing when ${call} fails, and cuts before the next write`, async () => {
      await queue.append(Uint8Array.of(1), () => {});
      file.failNext = call;
      const acknowledged: number[] = [];
      const failed = [2, 3].map((n) => queue.append(Uint8Array.of(n, n), () => acknowledged.push(n)));
      for (const one of failed) await assert.rejects(one, refused('INDEX_WRITE_FAILED'));
      assert.equal(acknowledged.length, 0);
      await queue.append(Uint8Array.of(4), (offset) => acknowledged.push(offset));
      assert.deepEqual(acknowledged, [1]);
      assert.deepEqual([...file.bytes], [1, 4]);
    });
  }

  it('goes on when what follows a flush throws', async () => {
    const thrown = queue.append(Uint8Array.of(1), () => {
      throw new Error('no memory');
    });
    await assert.rejects(thrown, /no memory/);
    await queue.append(Uint8Array.of(2), () => {});
    assert.equal(queue.end, 2);
  });
});
