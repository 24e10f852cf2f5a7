// How much a host writes for what it says: real connections, with the writes of their sockets counted.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { lpStream } from '@libp2p/utils';
import { createLibp2p, type Libp2p } from 'libp2p';
import { encrypter } from '../../../node/host/encrypter.ts';
import { streamMuxer } from '../../../node/host/muxer.ts';

const PROTOCOL = '/test/writes/1';
const WAIT_MS = 60_000;

interface Writing {
  _writeGeneric(...args: unknown[]): void;
}

/** Counts what sockets write, by the port that they write from or to. */
function countWrites(): Disposable & { readonly count: number } {
  const sockets = Socket.prototype as unknown as Writing;
  const write = sockets._writeGeneric;
  let count = 0;
  sockets._writeGeneric = function (this: Writing, ...args) {
    count += 1;
    write.apply(this, args);
  };
  return {
    get count() {
      return count;
    },
    [Symbol.dispose]() {
      sockets._writeGeneric = write;
    },
  };
}

async function host(): Promise<Libp2p> {
  return await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [encrypter()],
    streamMuxers: [streamMuxer({})],
    connectionMonitor: { enabled: false },
  });
}

describe('writes of a host', () => {
  let one: Libp2p;
  let other: Libp2p;
  let incoming: Promise<Stream>;

  beforeEach(async () => {
    [one, other] = await Promise.all([host(), host()]);
    const arrived = Promise.withResolvers<Stream>();
    incoming = arrived.promise;
    await other.handle(PROTOCOL, (stream) => arrived.resolve(stream));
  });
  afterEach(async () => {
    await Promise.all([one.stop(), other.stop()]);
  });

  /** A stream from one to the other that both have used. */
  async function stream(): Promise<{ near: ReturnType<typeof lpStream>; far: ReturnType<typeof lpStream> }> {
    const near = lpStream(await one.dialProtocol(other.getMultiaddrs(), PROTOCOL), { maxDataLength: 1e7 });
    await near.write(Uint8Array.of(0));
    const far = lpStream(await incoming, { maxDataLength: 1e7 });
    await far.read();
    await far.write(Uint8Array.of(0));
    await near.read();
    return { near, far };
  }

  it('a message is one write, and reading it is none', async () => {
    const { near, far } = await stream();
    const messages = 50;
    using writes = countWrites();
    for (let n = 0; n < messages; n++) {
      await near.write(new Uint8Array(1_000).fill(n));
      assert.equal((await far.read()).get(0), n);
    }
    assert.equal(writes.count, messages);
  });

  it('what is sent in one turn leaves together', async () => {
    const { near, far } = await stream();
    const raw = near.unwrap();
    using writes = countWrites();
    const messages = [1, 2, 3, 4].map((n) => Uint8Array.of(2, n, n));
    for (const message of messages) raw.send(message);
    for (const message of messages)
      assert.deepEqual([...(await far.read()).subarray()], [...message.subarray(1)]);
    assert.equal(writes.count, 1);
  });

  it('more than a window arrives whole, in both directions at once', async () => {
    const { near, far } = await stream();
    const bytes = new Uint8Array(3_000_000).map((_, i) => i % 251);
    const signal = AbortSignal.timeout(WAIT_MS);
    const [there, back] = await Promise.all([
      far.read({ signal }),
      near.read({ signal }),
      near.write(bytes, { signal }),
      far.write(bytes, { signal }),
    ]);
    assert.ok(Buffer.from(there.subarray()).equals(bytes));
    assert.ok(Buffer.from(back.subarray()).equals(bytes));
  });

  it('a reader that pauses for a while gets the rest when it goes on', async () => {
    const { near, far } = await stream();
    const raw = far.unwrap();
    raw.pause();
    const bytes = new Uint8Array(600_000).fill(7);
    const sent = near.unwrap().send(bytes);
    assert.equal(sent, false, 'the window is smaller than this');
    let got = 0;
    raw.addEventListener('message', ({ data }) => {
      got += data.byteLength;
      if (got >= bytes.length) raw.dispatchEvent(new Event('whole'));
    });
    const whole = once(raw as unknown as EventTarget, 'whole', { signal: AbortSignal.timeout(WAIT_MS) });
    raw.resume();
    await whole;
    assert.equal(got, bytes.length);
  });
});
