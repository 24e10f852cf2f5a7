// A stream over two relays against a direct stream between two nodes, in one process, so that all work is on one core and adds up. A byte over two
// relays is encrypted and decrypted four times and crosses three connections; directly once, and one. What the machine can do with the same number
// of encryptions is therefore three direct transfers and one more sealing, one after another. Also: what a relay holds with 1,000 streams.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Stream } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { forwardProtocol, headFrames } from '../../node/routing/wire.ts';
import { decodeReply, encodeHeader, encodeReply } from '../../protocol/forward/index.ts';
import { startNode } from '../support/cli.ts';
import { startRelays } from '../support/relays.ts';
import { startRogue } from '../support/rogue.ts';
import type { Bench, BenchContext } from './bench.ts';
import { until } from './node-rig.ts';
import { waitFor } from './relay-rig.ts';
import { sealBytes } from './relay-seal.ts';

const SINK = '/bench/sink';
const MIB = 1_048_576;
const PIECE = new Uint8Array(65_536);
const WAIT_MS = 60_000;
/** What is promised of the throughput. */
const SHARE = 0.7;
/** Window of the muxer at a relay that nobody has read from, in each direction. */
const WINDOW_BYTES = 262_144;
const SOURCES = 8;

/** Sends so many bytes as fast as the other side takes them; answers seconds until all have arrived. */
async function transfer(stream: Stream, bytes: number, arrived: () => number): Promise<number> {
  const goal = arrived() + bytes;
  const began = performance.now();
  for (let sent = 0; sent < bytes; sent += PIECE.length) if (!stream.send(PIECE)) await stream.onDrain();
  await until(() => arrived() >= goal, WAIT_MS);
  return (performance.now() - began) / 1_000;
}

async function throughput({ sizes, report, note }: BenchContext): Promise<void> {
  const bytes = sizes(16, 128) * MIB;
  const rounds = sizes(3, 7);
  await using world = await startRelays();
  const { a, b, here, there } = world;
  let arrived = 0;
  for (const { node } of [b, there])
    await node.host.handle(
      SINK,
      (stream) => {
        stream.addEventListener('message', ({ data }) => {
          arrived += data.byteLength;
        });
      },
      { runOnLimitedConnection: true },
    );
  const direct = await a.node.host
    .getConnections(peerIdFromString(b.node.peerId))
    .find(({ limits }) => limits === undefined)!
    .newStream(SINK);
  const link = await here.node.host.services.links.call(
    peerIdFromString(there.node.peerId),
    AbortSignal.timeout(WAIT_MS),
  );
  const routed = await link.newStream(SINK, { runOnLimitedConnection: true });
  const best = { direct: Infinity, routed: Infinity, seal: Infinity };
  for (let round = 0; round < rounds; round++) {
    best.direct = Math.min(best.direct, await transfer(direct, bytes, () => arrived));
    best.routed = Math.min(best.routed, await transfer(routed, bytes, () => arrived));
    best.seal = Math.min(best.seal, await sealBytes(bytes));
  }
  const rate = (seconds: number) => bytes / MIB / seconds;
  const possible = 3 * best.direct + best.seal;
  note(`direct ${rate(best.direct).toFixed(0)} MiB/s, sealing alone ${rate(best.seal).toFixed(0)} MiB/s`);
  report({
    case: 'two-hop forward against what as many encryptions allow',
    sizes: { mebibytes: bytes / MIB, rounds },
    ours: rate(best.routed),
    peer: rate(possible),
    peerName: 'three direct streams and one sealing, one after another',
    unit: 'MiB/s',
    better: 'higher',
    bar: { sign: '>=', value: SHARE },
  });
  report({
    case: 'two-hop forward against a direct stream, on one core',
    sizes: { mebibytes: bytes / MIB, rounds },
    ours: rate(best.routed),
    peer: rate(best.direct),
    peerName: 'direct libp2p stream',
    unit: 'MiB/s',
    better: 'higher',
    bar: { sign: '>=', value: 0.15 },
  });
}

/** Resident bytes of a process. */
function residentOf(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1_024;
}

async function memory({ sizes, report, note, folder }: BenchContext): Promise<void> {
  const count = sizes(1_000, 1_000);
  const relay = await startNode([
    ...['--home', `${folder()}/relay`, '--name', 'relay', '--network', 'test', '--roles', 'boot', 'relay'],
    ...['--listen', '/ip4/127.0.0.1/tcp/0', '--api-port', '0'],
  ]);
  const protocol = forwardProtocol('test');
  const hosts = await Promise.all(Array.from({ length: SOURCES + 1 }, () => startRogue()));
  const [sink, ...sources] = hosts as [(typeof hosts)[0], ...typeof hosts];
  try {
    const { pid } = relay;
    const held: Stream[] = [];
    // Takes every stream, and reads nothing of it.
    await sink.host.handle(
      protocol,
      async (stream) => {
        const frames = headFrames(stream);
        await frames.read();
        await frames.write(encodeReply({ ok: true, path: [], remainingMs: 0, tookMs: 0 }));
        frames.unwrap().pause();
        held.push(stream);
      },
      { maxInboundStreams: 2 * count, maxOutboundStreams: 2 * count },
    );
    for (const { host } of hosts) await host.dial(multiaddr(relay.info.addresses[0]!));
    const before = residentOf(pid);
    const streams: Stream[] = [];
    for (let n = 0; n < count; n++) {
      const stream = await sources[n % SOURCES]!.host.dialProtocol(
        peerIdFromString(relay.info.peerId),
        protocol,
        {
          maxOutboundStreams: 2 * count,
        },
      );
      const frames = headFrames(stream);
      await frames.write(
        encodeHeader({
          stream: new Uint8Array(randomBytes(16)),
          to: sink.host.peerId.toString(),
          ttl: 4,
          slaClass: 'bulk',
          region: '',
          guild: '',
          priceCeiling: null,
          currency: '',
          trace: '',
          budgetMs: 30_000,
          via: [],
        }),
      );
      const reply = decodeReply((await frames.read()).subarray());
      if (!reply.ok) throw new Error(`${reply.code}: ${reply.reason}`);
      streams.push(frames.unwrap());
    }
    await waitFor(() => held.length === count, WAIT_MS);
    const open = residentOf(pid);
    // Every sender sends until it is held back: what the relay then holds is its bound.
    for (const stream of streams)
      for (let sent = 0; sent < 2 * MIB && stream.send(PIECE); ) sent += PIECE.length;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const full = residentOf(pid);
    note(
      `relay: ${Math.round(before / MIB)} MiB before, ${Math.round(open / MIB)} with ${count} open, ${Math.round(full / MIB)} with all of them stalled`,
    );
    report({
      case: `memory of ${count} open streams`,
      sizes: { streams: count },
      ours: (open - before) / count,
      peer: WINDOW_BYTES,
      peerName: 'one window of the muxer each',
      unit: 'bytes',
      better: 'lower',
      bar: { sign: '<=', value: 1 },
    });
    report({
      case: `memory of ${count} stalled streams`,
      sizes: { streams: count },
      ours: (full - before) / count,
      peer: 2 * WINDOW_BYTES,
      peerName: 'both windows of the muxer each',
      unit: 'bytes',
      better: 'lower',
      bar: { sign: '<=', value: 1.5 },
    });
  } finally {
    await Promise.all(hosts.map((one) => one.stop()));
    await relay.kill();
  }
}

export const bench: Bench = {
  name: 'relay-throughput',
  summary:
    'a stream over two relays against what the machine does with as many encryptions; memory of a relay with 1,000 streams',
  bar: { sign: '>=', value: SHARE },
  async run(context) {
    await throughput(context);
    await memory(context);
  },
};
