// What a running node says of itself over its HTTP API: health, version, clock, addresses, neighbours.

import { BlockList } from 'node:net';
import { GOOD_FILE } from '../../activation/index.ts';
import type { NodeView } from '../../api/views.ts';
import { VERSION } from '../../version.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import { placeOf } from './net-checks.ts';

/** Announcements that are further off are ignored by other nodes; a tenth of that is worth a word. */
const CLOCK_MS_MAX = 600_000;
const CLOCK_MS_WANTED = CLOCK_MS_MAX / 10;

/** Addresses that mean nothing on the internet: RFC 1918, RFC 6598, link-local, loopback, unique local. */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const)
  PRIVATE.addSubnet(net, bits);
for (const [net, bits] of [
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6');

/** What /readyz answers. */
export interface Health {
  readonly ok: boolean;
  readonly degraded: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

const REMEDIES: Record<string, string> = {
  database:
    'Stop the node, check the disk, and restore the folder from a backup, or let it fetch its log from peers.',
  disk: 'Free room on the disk, or mend what the cause names; the node takes writes again by itself.',
  'own log': 'Let it run and reach its peers: it signs nothing before they have shown what they hold.',
  network: 'See the findings on boot nodes and ports; zerostate peers shows who is connected.',
  clock: 'Set it and keep it: timedatectl set-ntp true (systemd), or run chrony or ntpd.',
  gossip:
    'zerostate peers shows who is connected; where other nodes say the same, look at the network between, else restart this one.',
  thread:
    'Give the machine less to do or more processors; docs/reference/overload.md says what gives way meanwhile.',
  epoch: 'Apply the policy that the others have begun with: zerostate policy apply.',
  quarantine: 'zerostate quarantine list names the order, and zerostate quarantine show who may release it.',
  index: 'Stop the node, remove its folder "index", and start it: docs/runbooks/index-is-damaged.md.',
  payments:
    'zerostate channel list shows them; restore a backup before the other side ends them: docs/reference/payments.md.',
  configuration:
    'Mend config.yaml and restart the node, which tries it again; zerostate up in a terminal shows why it failed. What works meanwhile is in config.good.json.',
  policy:
    'zerostate policy show says which policy is in force, and zerostate policy apply puts a fresh one in force; where starts under one failed, zerostate policy rollback stays with what is in force now.',
  cards:
    'zerostate card update publishes a card anew; where its key ends, zerostate card rotate comes first.',
};

/** What the checks `database` and `disk` say of a folder that went away below the node: there is room enough, and none is to be made. */
const FOLDER_GONE = /removed or replaced/;
const FOLDER_REMEDY =
  'Put the same folder back, and the node takes writes again by itself; else stop it and restore its backup: docs/runbooks/restore-a-node.md.';

function remedyOf({ detail, name }: Health['checks'][number]): string {
  if ((name === 'database' || name === 'disk') && FOLDER_GONE.test(detail)) return FOLDER_REMEDY;
  return REMEDIES[name] ?? 'zerostate status shows more.';
}

/** The parts of a running node's own health. */
export function checkHealth(health: Health): Finding[] {
  const bad = health.checks
    .filter((check) => !check.ok)
    .map((check) => fail('node', `${check.name} is not in order`, check.detail, remedyOf(check)));
  const degraded = health.checks.filter(({ detail }) => /degraded/.test(detail));
  if (bad.length === 0 && health.degraded) {
    const why = degraded.map(({ detail }) => detail).join('; ') || 'see zerostate status';
    // What stands in for a configuration is told with the policy.
    const named = degraded.map(({ detail, name }) => (detail.includes(GOOD_FILE) ? 'configuration' : name));
    const remedy = (named.length > 0 ? named : ['policy']).map((name) => REMEDIES[name] ?? '').join(' ');
    return [warn('node', 'works, degraded', why, remedy)];
  }
  return bad.length > 0
    ? bad
    : [ok('node', health.checks.map(({ detail, name }) => `${name}: ${detail}`).join('; '))];
}

/** The version of the node against that of this command. */
export function checkVersion(node: Pick<NodeView, 'version'>): Finding {
  if (node.version === VERSION) return ok('versions', `zerostate ${VERSION}, node and command`);
  const remedy = 'Restart the node, so that it runs what is installed: stop it, then zerostate up.';
  return warn(
    'versions',
    `the node runs ${node.version}, this command is ${VERSION}`,
    'one was upgraded and not restarted',
    remedy,
  );
}

/** The clock against those of the neighbours. */
export function checkClock({ clock }: Pick<NodeView, 'clock'>): Finding {
  const { neighbours, offsetMs } = clock;
  if (offsetMs === null)
    return ok('clock', `not compared: ${neighbours} neighbours have spoken, two are needed`);
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const way = offsetMs > 0 ? 'behind' : 'ahead of';
  const remedy = 'Set it and keep it: timedatectl set-ntp true (systemd), or run chrony or ntpd.';
  const cause = `the clocks of ${neighbours} neighbours, median; beyond ${CLOCK_MS_MAX / 60_000} minutes they ignore this node`;
  if (Math.abs(offsetMs) > CLOCK_MS_MAX)
    return fail('clock', `${seconds} s ${way} the neighbours`, cause, remedy);
  if (Math.abs(offsetMs) > CLOCK_MS_WANTED)
    return warn('clock', `${seconds} s ${way} the neighbours`, cause, remedy);
  return ok('clock', `within ${seconds} s of ${neighbours} neighbours`);
}

/** Whether others can dial the node: a public address, a relay, or all on one machine. */
export function checkNat({ addresses, roles }: Pick<NodeView, 'addresses' | 'roles'>): Finding {
  const circuits = addresses.filter((address) => address.includes('/p2p-circuit'));
  const open = addresses.filter((address) => {
    const host = placeOf(address)?.host;
    return !address.includes('/p2p-circuit') && host !== undefined && !isPrivate(host);
  });
  if (open.length > 0) return ok('nat', `reachable at ${open[0]}`);
  if (circuits.length > 0) return ok('nat', `reachable through ${circuits.length} relay addresses`);
  const loopback = addresses.every((address) => /\/(?:ip4\/127\.|ip6\/::1)/.test(address));
  const serves = roles.some((role) => role !== 'edge');
  const remedy = serves
    ? 'Listen on a public address and open its port: listen (and announce, behind a port mapping) in config.yaml.'
    : 'Reserve a place on a relay: add /p2p-circuit to listen in config.yaml; or open a port and announce it.';
  return warn(
    'nat',
    loopback ? 'only this machine can reach the node' : 'only the local network can reach the node',
    `it has ${addresses.length} addresses, none of them public and none through a relay`,
    remedy,
  );
}

function isPrivate(host: string): boolean {
  if (/^\d+\./.test(host)) return PRIVATE.check(host);
  return host.includes(':') && PRIVATE.check(host, 'ipv6');
}

/** Neighbours. */
export function checkPeers({ peers }: Pick<NodeView, 'peers'>): Finding {
  if (peers > 0) return ok('peers', `${peers} connected`);
  const remedy =
    'Look at the findings on boot nodes and at network in config.yaml: nodes of other networks are ignored.';
  return warn('peers', 'no peer is connected', 'none answered, or the network name differs', remedy);
}
