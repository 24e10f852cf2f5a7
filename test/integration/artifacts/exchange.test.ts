// Artifacts between real nodes: byte for byte, past dead and hostile providers, within the quota, and copied again when a holder dies.

import assert from 'node:assert/strict';
import { encode as encodeNode, prepare } from '@ipld/dag-pb';
import { lpStream } from '@libp2p/utils';
import { multiaddr } from '@multiformats/multiaddr';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { decodeMessage, encodeMessage } from '../../../node/artifacts/bitswap-message.ts';
import { cidOf, RAW } from '../../../node/artifacts/blocks.ts';
import { BITSWAP } from '../../../node/artifacts/outbox.ts';
import type { RunningNode } from '../../../node/index.ts';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';
import { startRogue } from '../../support/rogue.ts';

const MIB = 1024 * 1024;

/** Bytes that do not repeat, so that no two chunks are one block. */
function bytesOf(length: number, seed = 1): Uint8Array {
  const out = new Uint8Array(length);
  let x = seed * 2 + 1;
  for (let i = 0; i < length; i += 4) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    new DataView(out.buffer).setInt32(Math.min(i, length - 4), x);
  }
  return out;
}

const connect = (a: RunningNode, b: RunningNode) => a.node.host.dial(multiaddr(addressOf(b)));

function folder(seed = 1) {
  return [
    { path: 'readme.txt', content: new TextEncoder().encode(`hello ${seed}`) },
    { path: 'data/large.bin', content: bytesOf(3 * MIB + 17, seed) },
    { path: 'data/empty', content: new Uint8Array() },
  ];
}

async function filesEqual(node: RunningNode, cid: string, files: { path: string; content: Uint8Array }[]) {
  const got = await node.node.artifacts.files(cid);
  assert.deepEqual(Object.keys(got).sort(), files.map(({ path }) => path).sort());
  for (const { path, content } of files) assert.ok(Buffer.from(got[path]!).equals(content), path);
}

describe('artifacts between nodes', function () {
  this.timeout(300_000);

  it('a folder added on one node is read on another byte for byte, and has one id everywhere', async () => {
    await using nodes = new TestNodes();
    const [a, b] = [await nodes.start('a'), await nodes.start('b')];
    await connect(b, a);
    const files = folder();
    const added = await a.node.artifacts.add(files, { name: 'inputs' });
    const again = await b.node.artifacts.add([...files].reverse(), { pin: false });
    assert.equal(again.root, added.root, 'the order of adding does not matter');
    await b.node.artifactStore.drop(added.root);
    assert.equal(b.node.artifactStore.usage.bytes, 0);
    let told = 0;
    const fetched = await b.node.artifacts.fetch(added.root, { onProgress: () => told++ });
    assert.equal(fetched.contentBytes, added.contentBytes);
    assert.ok(told >= 5, `progress was told ${told} times`);
    await filesEqual(b, added.root, files);
  });

  it('is found in the DHT by a node that knows only another', async () => {
    await using nodes = new TestNodes();
    const [a, b, c] = [await nodes.start('a'), await nodes.start('b'), await nodes.start('c')];
    await connect(a, b);
    await connect(c, b);
    const { root } = await a.node.artifacts.add(folder(), { copies: 1 });
    await eventually('a provider record', 60_000, async () => b.node.dhtStore.held.records > 0);
    const found: string[] = [];
    for await (const { id } of c.node.host.contentRouting.findProviders(CID.parse(root)))
      found.push(String(id));
    assert.deepEqual(found, [a.node.peerId]);
    await c.node.artifacts.fetch(root);
    await filesEqual(c, root, folder());
  });

  it('goes on from another provider when the first dies in the middle, and does not fetch twice', async () => {
    await using nodes = new TestNodes();
    const [a, b, c] = [await nodes.start('a'), await nodes.start('b'), await nodes.start('c')];
    const files = [{ path: 'large.bin', content: bytesOf(24 * MIB) }];
    const { root } = await a.node.artifacts.add(files, { copies: 1 });
    await b.node.artifacts.add(files, { copies: 1 });
    await connect(c, a);
    let killed: Promise<void> | undefined;
    const first = c.node.artifacts.fetch(root, {
      from: [a.node.peerId],
      onProgress: () => {
        killed ??= nodes.stop('a');
      },
    });
    await assert.rejects(first, { code: 'ARTIFACT_INCOMPLETE' });
    await killed;
    const kept = c.node.artifactStore.sizeOf(root).bytes;
    assert.ok(kept > 0 && kept < 24 * MIB, `${kept} bytes are kept of what the dead one sent`);
    await connect(c, b);
    let moved = 0;
    const before = kept;
    await c.node.artifacts.fetch(root, {
      from: [b.node.peerId],
      onProgress: ({ bytes }) => {
        moved = bytes;
      },
    });
    assert.ok(moved >= before);
    const served = /direction="served"\} (\d+)/.exec(await b.node.metrics.render())?.[1];
    assert.ok(
      Number(served) <= 24 * MIB + 4096 - kept,
      `${served} bytes came from the second, ${kept} were here`,
    );
    await filesEqual(c, root, files);
  });

  it('leaves a provider that sends other bytes, and takes the artifact from an honest one', async () => {
    await using nodes = new TestNodes();
    await using rogue = await startRogue();
    const [a, b] = [await nodes.start('a'), await nodes.start('b')];
    const { root } = await a.node.artifacts.add(folder(), { copies: 1 });
    let asked = 0;
    await serveOn(rogue, (cid) => {
      asked++;
      return { prefix: cid.bytes.subarray(0, 4), data: bytesOf(1000, asked) };
    });
    await rogue.dial(addressOf(b));
    await assert.rejects(b.node.artifacts.fetch(root, { from: [rogue.peerId] }), {
      code: 'ARTIFACT_INCOMPLETE',
    });
    assert.equal(asked, 1, 'it is asked once and left');
    assert.equal(b.node.artifactStore.usage.bytes, 0, 'nothing of it is kept');
    await connect(b, a);
    await b.node.artifacts.fetch(root, { from: [rogue.peerId] });
    await filesEqual(b, root, folder());
  });

  it('refuses what unfolds without end, nests too deep or is larger than allowed', async () => {
    await using nodes = new TestNodes();
    await using rogue = await startRogue();
    const b = await nodes.start('b', { artifacts: { artifactBytesMax: 4 * MIB } });
    const blocks = new Map<string, Uint8Array>();
    await serveOn(rogue, (cid) => {
      const data = blocks.get(cid.toString());
      return data === undefined ? undefined : { prefix: cid.bytes.subarray(0, 4), data };
    });
    await rogue.dial(addressOf(b));
    const keep = (codec: number, bytes: Uint8Array) => {
      const cid = cidOf(codec, bytes);
      blocks.set(cid.toString(), bytes);
      return cid;
    };
    const leaf = keep(RAW, bytesOf(1024));
    const file = (parts: CID[], sizes: bigint[]) =>
      keep(
        0x70,
        encodeNode(
          prepare({
            Data: new UnixFS({ type: 'file', blockSizes: sizes }).marshal(),
            Links: parts.map((Hash) => ({ Hash, Name: '', Tsize: 1 })),
          }),
        ),
      );
    const dir = (links: { Name: string; Hash: CID }[]) =>
      keep(0x70, encodeNode(prepare({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: links })));
    let bomb = leaf;
    let size = 1024n;
    for (let level = 0; level < 20; level++, size *= 2n) bomb = file([bomb, bomb], [size, size]);
    let deep = leaf;
    for (let level = 0; level < 40; level++) deep = dir([{ Name: 'd', Hash: deep }]);
    const large = file(
      [1, 2, 3, 4, 5, 6].map((seed) => keep(RAW, bytesOf(MIB, seed))),
      Array(6).fill(BigInt(MIB)),
    );
    const liar = file([leaf], [5n]);
    const upwards = dir([{ Name: '..', Hash: leaf }]);
    for (const [what, cid] of Object.entries({ bomb, deep, large, liar, upwards })) {
      await assert.rejects(
        b.node.artifacts.fetch(cid.toString(), { from: [rogue.peerId] }),
        { code: 'ARTIFACT_REFUSED' },
        what,
      );
      assert.equal(b.node.artifactStore.record(cid.toString()), undefined, `${what} takes no room`);
    }
    assert.equal(b.node.artifactStore.usage.bytes, 0);
  });

  it('two that wait for one fetch each keep their own patience and bound', async () => {
    await using nodes = new TestNodes();
    const [a, b] = [await nodes.start('a'), await nodes.start('b')];
    const { root } = await a.node.artifacts.add([{ path: '', content: bytesOf(6 * MIB) }], {
      asFolder: false,
      pin: false,
    });
    await connect(b, a);
    const { artifacts, artifactStore } = b.node;
    const bytesMax = 2 * MIB;
    const [small, large, gone] = await Promise.allSettled([
      artifacts.fetch(root, { bytesMax }),
      artifacts.fetch(root),
      artifacts.fetch(root, { signal: AbortSignal.abort() }),
    ]);
    assert.equal(small.status, 'rejected', 'the first one took less');
    assert.equal(large.status, 'fulfilled', 'and the second one more');
    assert.equal(gone.status, 'rejected');
    await assert.rejects(artifacts.fetch(root, { bytesMax }), { code: 'ARTIFACT_REFUSED' });
    await artifactStore.drop(root);

    const first = new AbortController();
    const begun = artifacts.fetch(root, { signal: first.signal, onProgress: () => first.abort() });
    const second = artifacts.fetch(root, { bytesMax });
    const third = artifacts.fetch(root);
    await assert.rejects(begun, { code: 'ARTIFACT_INCOMPLETE' }, 'who began it may leave');
    await assert.rejects(second, { code: 'ARTIFACT_REFUSED' }, 'the second has a bound of its own');
    assert.equal((await third).complete, true);
    await artifactStore.drop(root);
    const alone = new AbortController();
    const left = artifacts.fetch(root, { signal: alone.signal, onProgress: () => alone.abort() });
    await assert.rejects(left, { code: 'ARTIFACT_INCOMPLETE' });
    assert.equal((await artifacts.fetch(root)).complete, true, 'what everybody left is begun again');
  });

  it('within its quota the least trusted gives way first, and never what is kept', async () => {
    await using nodes = new TestNodes();
    const a = await nodes.start('a', { artifacts: { bytesMax: 4 * MIB } });
    const { artifacts, artifactStore } = a.node;
    const one = (seed: number) => [{ path: 'f', content: bytesOf(MIB, seed) }];
    const pinned = await artifacts.add(one(1), { copies: 1 });
    const own = await artifacts.add(one(2), { pin: false });
    const stranger = await artifacts.add(one(3), { pin: false });
    await artifactStore.update(stranger.root, { trust: 0 });
    const next = await artifacts.add(one(4), { pin: false });
    assert.deepEqual(
      [pinned, own, stranger, next].map(({ root }) => artifactStore.record(root) !== undefined),
      [true, true, false, true],
    );
    using _ = artifacts.hold(own.root);
    using __ = artifacts.hold(next.root);
    await assert.rejects(artifacts.add([{ path: 'f', content: bytesOf(3 * MIB, 9) }]), {
      code: 'ARTIFACT_QUOTA',
    });
    assert.ok(artifactStore.usage.bytes <= 4 * MIB);
    assert.equal(artifacts.list().length, 3, 'the import that failed left nothing');
    await nodes.stop('a');
    const again = await nodes.start('a', { artifacts: { bytesMax: 4 * MIB } });
    assert.deepEqual(
      again.node.artifacts
        .list()
        .map(({ root }) => root)
        .sort(),
      [pinned, own, next].map(({ root }) => root).sort(),
    );
    assert.equal((await again.node.artifacts.files(pinned.root)).f?.length, MIB);
  });

  it('three copies in the region, also after a holder has died, and again after the owner has', async () => {
    await using nodes = new TestNodes();
    const a = await nodes.start('a');
    const join = { join: [addressOf(a)] };
    const others = await Promise.all(['b', 'c', 'd', 'e'].map((name) => nodes.start(name, join)));
    await nodes.start('far', { ...join, region: 'elsewhere' });
    const all = [a, ...others];
    await eventually('all to know all', 60_000, async () =>
      all.every(({ node }) => node.directory.nodes().length === 5),
    );
    const { root } = await a.node.artifacts.add(folder());
    const alive = () => all.filter(({ node }) => node.host.status === 'started');
    const holders = () => alive().filter(({ node }) => node.artifactStore.record(root)?.complete === true);
    /** Rounds until there are enough: one whose question was lost is made up for by the next. */
    const repaired = async (what: string, by: () => typeof all) => {
      await eventually(what, 60_000, async () => {
        for (const { node } of by()) await node.artifactCopies.repair();
        return holders().length >= 3;
      });
      assert.equal(holders().length, 3, what);
    };
    await repaired('three copies', () => [a]);
    const lost = holders().find((running) => running !== a)!;
    await nodes.stop(lost.node.config.name);
    // One of the holders acts, the same for all of them.
    await repaired('another copy for the lost one', holders);
    // Whoever of them found it.
    await eventually('the owner hears of it', 60_000, async () => {
      for (const { node } of holders()) await node.artifactCopies.repair();
      const known = a.node.artifactStore.record(root)?.replication?.holders ?? [];
      return holders().every((one) => one === a || known.includes(one.node.peerId)) && known.length === 2;
    });
    await nodes.stop('a');
    await repaired('the holders make up for the owner too', holders);
    for (const holder of holders()) await filesEqual(holder, root, folder());
  });
});

/** Makes a rogue answer wants in its own way. */
async function serveOn(
  rogue: Awaited<ReturnType<typeof startRogue>>,
  answer: (cid: CID) => { prefix: Uint8Array; data: Uint8Array } | undefined,
): Promise<void> {
  await rogue.host.handle(BITSWAP, async (stream, connection) => {
    const framed = lpStream(stream);
    for (;;) {
      const read = await framed.read().catch(() => undefined);
      if (read === undefined) return;
      for (const { cid } of decodeMessage(read.subarray()).wants) {
        const block = answer(CID.decode(cid));
        const out = await connection.newStream(BITSWAP);
        await lpStream(out).write(
          encodeMessage(block === undefined ? { presences: [{ cid, has: false }] } : { blocks: [block] }),
        );
        await out.close();
      }
    }
  });
}
