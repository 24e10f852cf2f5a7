// A misbehaving partner for tests: a bare libp2p host that speaks the synchronisation protocol as a test tells it to.

import { encode } from '@ipld/dag-cbor';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { lpStream } from '@libp2p/utils';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { decodeSyncMessage, type SyncMessage } from '../../protocol/sync/index.ts';
import { type Answer, honestAnswer } from './log-answers.ts';
import type { MemoryLog } from './memory-log.ts';

/** A partner that serves logs, honestly or not. */
export async function startPartner(options: {
  seed: Uint8Array;
  network?: string;
  logs: () => MemoryLog[];
  answer?: Answer;
}) {
  const { seed, network = 'test', logs, answer = () => undefined } = options;
  const host = await createLibp2p({
    privateKey: await generateKeyPairFromSeed('Ed25519', seed),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  });
  const seen: SyncMessage[] = [];
  const bytes: Partial<Record<SyncMessage['kind'], number>> = {};
  await host.handle(`/zerostate/${network}/sync/1`, async (stream) => {
    const framed = lpStream(stream);
    const asked = (await framed.read()).subarray();
    const message = decodeSyncMessage(asked, ['heads-request', 'tail-request', 'consistency-request']);
    seen.push(message);
    const ok = (await answer(message)) ?? (await honestAnswer(logs(), message));
    bytes[message.kind] = (bytes[message.kind] ?? 0) + asked.length + ok.length;
    await framed.write(encode({ ok }));
    await stream.close();
  });
  return {
    /** Requests received, oldest first. */
    seen,
    /** Bytes of the requests of a kind so far, and of their answers. */
    bytes: (kind: SyncMessage['kind']) => bytes[kind] ?? 0,
    peerId: host.peerId,
    address: String(host.getMultiaddrs()[0]),
    dial: (address: string) => host.dial(multiaddr(address)),
    [Symbol.asyncDispose]: async () => host.stop(),
  };
}
