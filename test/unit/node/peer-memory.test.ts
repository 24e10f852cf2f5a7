// The memory of peers' entries in front of the host's database: fewer reads, and never older than the database.

import assert from 'node:assert/strict';
import { type Datastore, Key } from 'interface-datastore';
import { rememberPeers } from '../../../node/host/peer-memory.ts';

const PEER = new Key('/peers/one');
const OTHER = new Key('/other/one');

/** A datastore that counts its reads and can be made to wait. */
function counted() {
  const held = new Map<string, Uint8Array>();
  const store = {
    reads: 0,
    pause: Promise.resolve(),
    async get(key: Key) {
      store.reads += 1;
      const bytes = held.get(key.toString());
      await store.pause;
      if (bytes === undefined) throw new Error('not found');
      return bytes;
    },
    async put(key: Key, bytes: Uint8Array) {
      held.set(key.toString(), bytes);
      return key;
    },
    async delete(key: Key) {
      held.delete(key.toString());
    },
  };
  return store;
}

const over = (store: ReturnType<typeof counted>) => rememberPeers(store as unknown as Datastore);

describe('the memory of peers', () => {
  it('reads a peer once', async () => {
    const store = counted();
    const memory = over(store);
    await store.put(PEER, Uint8Array.of(1));
    assert.deepEqual(await memory.get(PEER), Uint8Array.of(1));
    assert.deepEqual(await memory.get(PEER), Uint8Array.of(1));
    assert.equal(store.reads, 1);
  });

  it('need not read what it wrote', async () => {
    const store = counted();
    const memory = over(store);
    await memory.put(PEER, Uint8Array.of(1));
    assert.deepEqual(await memory.get(PEER), Uint8Array.of(1));
    assert.equal(store.reads, 0);
  });

  it('does not keep what the database did not take', async () => {
    const store = counted();
    const memory = over(store);
    await memory.put(PEER, Uint8Array.of(1));
    store.put = async () => {
      throw new Error('the disk is full');
    };
    await assert.rejects(async () => memory.put(PEER, Uint8Array.of(2)));
    assert.deepEqual(await memory.get(PEER), Uint8Array.of(1));
  });

  it('sees every write and removal', async () => {
    const memory = over(counted());
    await memory.put(PEER, Uint8Array.of(1));
    await memory.get(PEER);
    await memory.put(PEER, Uint8Array.of(2));
    assert.deepEqual(await memory.get(PEER), Uint8Array.of(2));
    await memory.delete(PEER);
    await assert.rejects(async () => memory.get(PEER));
  });

  it('does not keep what was read while it was written', async () => {
    const store = counted();
    const memory = over(store);
    await memory.put(PEER, Uint8Array.of(1));
    const gate = Promise.withResolvers<void>();
    store.pause = gate.promise;
    const read = memory.get(PEER);
    await memory.put(PEER, Uint8Array.of(2));
    gate.resolve();
    await read;
    assert.deepEqual(await memory.get(PEER), Uint8Array.of(2));
  });

  it('keeps nothing but peers', async () => {
    const store = counted();
    const memory = over(store);
    await memory.put(OTHER, Uint8Array.of(1));
    await memory.get(OTHER);
    await memory.get(OTHER);
    assert.equal(store.reads, 2);
  });
});
