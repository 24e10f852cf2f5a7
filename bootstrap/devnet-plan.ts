// The devnet profile: which nodes there are, in which regions, with which roles, ports and folders. Decides; starts nothing.

import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../node/config/index.ts';

/** Most nodes of one devnet: each is a process of about 120 MB. */
export const DEVNET_NODES_MAX = 32;
const REGIONS = ['eu-west', 'us-east'] as const;
const LOOPBACK = '127.0.0.1';

/** One planned node. */
export interface PlannedNode {
  readonly name: string;
  readonly home: string;
  readonly region: string;
  readonly roles: Config['roles'];
  readonly apiPort: number;
  readonly tcpPort: number;
}

/** One boot + index + relay node and edges that alternate between two regions. Ports count up from `basePort`; a taken one is replaced by a free one. */
export async function planDevnet(options: {
  root: string;
  nodes: number;
  basePort: number;
}): Promise<PlannedNode[]> {
  const plan: PlannedNode[] = [];
  for (let i = 0; i < options.nodes; i++) {
    const name = i === 0 ? 'boot-1' : `edge-${i}`;
    plan.push({
      name,
      home: join(options.root, name),
      region: REGIONS[i === 0 ? 0 : (i - 1) % REGIONS.length] as string,
      roles: i === 0 ? ['boot', 'index', 'relay'] : ['edge'],
      apiPort: await freePort(options.basePort + i),
      tcpPort: await freePort(options.basePort + 100 + i),
    });
  }
  return plan;
}

/** Configuration of a planned node. */
export function configOf(node: PlannedNode, join: readonly string[]) {
  return {
    name: node.name,
    network: 'devnet',
    region: node.region,
    roles: node.roles,
    listen: [`/ip4/${LOOPBACK}/tcp/${node.tcpPort}`],
    join: [...join],
    api: { host: LOOPBACK, port: node.apiPort },
    sync: { intervalSeconds: 5 },
  };
}

/** Address under which the others find the boot node. */
export function bootAddress(boot: PlannedNode, peerId: string): string {
  return `/ip4/${LOOPBACK}/tcp/${boot.tcpPort}/p2p/${peerId}`;
}

async function freePort(wanted: number): Promise<number> {
  return (await tryPort(wanted)) ?? (await tryPort(0)) ?? wanted;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, LOOPBACK, () => {
      const { port: given } = server.address() as { port: number };
      server.close(() => resolve(given));
    });
  });
}
