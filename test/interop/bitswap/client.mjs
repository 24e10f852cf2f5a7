// A node that shares no line with ours: libp2p with Helia's Bitswap. It fetches a folder from the address that it is given, then serves one
// of its own until its standard input ends. node client.mjs ADDRESS CID

import { createHash } from 'node:crypto';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { createBitswap } from '@helia/bitswap';
import { identify } from '@libp2p/identify';
import { defaultLogger } from '@libp2p/logger';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { MemoryBlockstore } from 'blockstore-core';
import { exporter, recursive } from 'ipfs-unixfs-exporter';
import { importer } from 'ipfs-unixfs-importer';
import { createLibp2p } from 'libp2p';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';

const [address, root] = process.argv.slice(2);
const WAIT_MS = 30_000;

const libp2p = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() },
});
const blockstore = new MemoryBlockstore();
const bitswap = createBitswap({
  libp2p,
  blockstore,
  logger: defaultLogger(),
  getHasher: async () => sha256,
  // Nobody is looked up: the two are connected.
  routing: { findProviders: async function* () {}, provide: async () => {} },
});
await bitswap.start();
await libp2p.dial(multiaddr(address));

/** Blocks from the other side, each kept when it has come. */
const remote = {
  async *get(cid) {
    if (!(await blockstore.has(cid))) {
      const bytes = await bitswap.want(cid, { signal: AbortSignal.timeout(WAIT_MS) });
      await blockstore.put(cid, bytes);
    }
    yield* blockstore.get(cid);
  },
};

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const files = {};
for await (const { cid, path } of recursive(CID.parse(root), remote)) {
  const entry = await exporter(cid, remote);
  if (entry.type !== 'file' && entry.type !== 'raw') continue;
  const hash = createHash('sha256');
  for await (const chunk of entry.content()) hash.update(chunk);
  files[path.split('/').slice(1).join('/')] = hash.digest('hex');
}
say({ files });

const own = [
  { path: 'theirs/note.txt', content: new TextEncoder().encode('made elsewhere') },
  {
    path: 'theirs/large.bin',
    content: Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 255),
  },
];
let made;
for await (const entry of importer(own, blockstore, {
  wrapWithDirectory: true,
  rawLeaves: true,
  cidVersion: 1,
}))
  made = entry;
say({ serving: String(made.cid), peer: String(libp2p.peerId), address: String(libp2p.getMultiaddrs()[0]) });
process.stdin.resume();
process.stdin.on('end', async () => {
  await bitswap.stop();
  await libp2p.stop();
});
