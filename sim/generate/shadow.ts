// A configuration for the Shadow simulator, which runs the real program over a simulated kernel and network, and a home folder for each of
// its nodes. Keys come from the seed, so that nodes can name each other before they run: they are worth nothing outside of this network.

import { stringify } from 'yaml';
import { completeConfig, renderConfigFile } from '../../node/config/index.ts';
import { toBase64 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { Wire } from '../net/wire.ts';
import { randomStream } from '../random.ts';
import type { Scenario } from '../scenario/index.ts';
import { checked, SCHEMAS, type ShadowConfig } from './schemas.ts';

/** Nodes of one configuration: each is a process of some 100 MB. */
const NODES_MAX = 1_000;
const JOIN_MAX = 32;
const PORT = 4_001;
const API_PORT = 7_480;
const BYTE = 256;
const SEED_BYTES = 32;
/** Between the starts of two nodes, in milliseconds. */
const START_EVERY_MS = 200;
/** Bandwidth when the scenario sets none. */
const MBIT_DEFAULT = 100;
const BITS = 8;
const MBIT = 1_000_000;

export interface ShadowOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Path of the runtime and of the program on the machine that runs Shadow. */
  readonly node: string;
  readonly program: string;
}

/** Addresses as Shadow hands them out by itself: 11.0.0.1 and on. */
const ipOf = (n: number): string => `11.0.${Math.floor((n + 1) / BYTE)}.${(n + 1) % BYTE}`;

/** The files by path: shadow.yaml, and for each node its configuration and key. Throws SCENARIO_INVALID. */
export async function shadowFiles(options: ShadowOptions): Promise<Record<string, string>> {
  const { node, program, scenario, seed } = options;
  const { nodes } = scenario.topology;
  if (nodes > NODES_MAX) throw new ZeroError('SCENARIO_INVALID', `Shadow is given up to ${NODES_MAX} nodes`);
  // Here, and not above: only this command pays for loading them.
  const [{ generateKeyPairFromSeed }, { peerIdFromPrivateKey }] = await Promise.all([
    import('@libp2p/crypto/keys'),
    import('@libp2p/peer-id'),
  ]);
  const { topology } = new Wire(scenario, seed);
  const seeds = Array.from({ length: nodes }, (_, n) => randomStream(seed, 'node-key', n).bytes(SEED_BYTES));
  const peers = await Promise.all(
    seeds.map(async (key) => String(peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', key)))),
  );
  const files: Record<string, string> = {};
  const hosts: ShadowConfig['hosts'] = {};
  for (let n = 0; n < nodes; n++) {
    const near = [...topology.to.subarray(topology.first[n], topology.first[n + 1])];
    const config = completeConfig({
      name: `n-${n}`,
      network: 'shadow',
      region: 'here',
      roles: [n === 0 ? 'boot' : 'edge'],
      listen: [`/ip4/${ipOf(n)}/tcp/${PORT}`],
      join: near
        .filter((other) => other < n)
        .slice(0, JOIN_MAX)
        .map((other) => `/ip4/${ipOf(other)}/tcp/${PORT}/p2p/${peers[other]}`),
      nat: false,
      api: { host: '127.0.0.1', port: API_PORT },
      peers: { target: Math.min(64, near.length), max: 256 },
      sync: { intervalSeconds: Math.max(1, Math.round(scenario.protocol.antiEntropySeconds)) },
    });
    files[`homes/n-${n}/config.yaml`] = renderConfigFile(config);
    files[`homes/n-${n}/keys/node.key`] = `${toBase64(seeds[n]!)}\n`;
    hosts[`n-${n}`] = {
      network_node_id: n,
      ip_addr: ipOf(n),
      processes: [
        {
          path: node,
          // Shadow runs a process in its host's folder: shadow.data/hosts/<name>.
          args: [program, 'up', '--home', `../../../homes/n-${n}`],
          environment: { UV_THREADPOOL_SIZE: '1' },
          start_time: `${(n + 1) * START_EVERY_MS} ms`,
          expected_final_state: 'running',
        },
      ],
    };
  }
  const config: ShadowConfig = {
    general: {
      seed: seed % 2 ** 32,
      stop_time: `${Math.ceil((nodes * START_EVERY_MS) / 1_000 + scenario.seconds)} s`,
      model_unblocked_syscall_latency: true,
    },
    network: { graph: { type: 'gml', inline: graphText(scenario, topology) }, use_shortest_path: true },
    hosts,
  };
  files['shadow.yaml'] = stringify(checked(SCHEMAS.shadow, config), { lineWidth: 0 });
  return files;
}

function graphText({ network }: Scenario, { delay, from, nodes, to }: Wire['topology']): string {
  const { upBytesPerSecond } = network.bandwidth;
  const mbit =
    upBytesPerSecond === 0 ? MBIT_DEFAULT : Math.max(1, Math.round((upBytesPerSecond * BITS) / MBIT));
  const loss = network.loss.good;
  const lines = ['graph [', '  directed 0'];
  for (let n = 0; n < nodes; n++) {
    const speeds = `host_bandwidth_up "${mbit} Mbit" host_bandwidth_down "${mbit} Mbit"`;
    lines.push(`  node [ id ${n} ${speeds} ]`);
    // A host reaches itself.
    lines.push(`  edge [ source ${n} target ${n} latency "1 us" packet_loss 0.0 ]`);
  }
  for (let link = 0; link < to.length; link++) {
    if (from[link]! > to[link]!) continue;
    const latency = Math.max(1, Math.round(delay[link]!));
    lines.push(
      `  edge [ source ${from[link]} target ${to[link]} latency "${latency} us" packet_loss ${loss.toFixed(6)} ]`,
    );
  }
  return `${lines.join('\n')}\n]\n`;
}
