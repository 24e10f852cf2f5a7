// `npm run nat-rig`: edges behind NATs, in network namespaces with public addresses of their own. Two relays and an edge are public, two edges are behind
// each of two NATs. Says how all are connected, whether the metric counts the same, and how long after a killed relay they are reachable again.
// --symmetric gives each connection another port at the NAT. It needs Linux, root, iproute2, and nft (--nft PATH when it is not in the PATH); nothing
// else needs it, and no test runs it: a public address is what loopback cannot show.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { namespacesRefused } from '../test/chaos/namespaces.ts';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';

/** What its "public" addresses begin with: routable elsewhere, and known only within the namespaces. */
const PUBLIC = '45.77.0';
const WAIT_MS_MAX = 60_000;
const KINDS = ['direct', 'punched', 'relayed', 'routed'] as const;
type Shares = Record<(typeof KINDS)[number], number>;

const { values } = readArguments(import.meta.filename, {
  options: { symmetric: { type: 'boolean', default: false }, nft: { type: 'string', default: 'nft' } },
});
const refused = namespacesRefused();
if (refused !== undefined) throw new Error(`network namespaces cannot be used here: ${refused}`);
const folder = mkdtempSync(join(tmpdir(), 'zerostate-nat-'));
const made: string[] = [];
const program = join(REPOSITORY_ROOT, 'bin/zerostate.ts');
const within = (place: string) => ['netns', 'exec', nameOf(place)];
const children = new Map<string, ReturnType<typeof spawn>>();

function nameOf(place: string): string {
  return `zsnat${process.pid}-${place}`;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function add(place: string): void {
  ip('netns', 'add', nameOf(place));
  made.push(place);
  ip('-n', nameOf(place), 'link', 'set', 'lo', 'up');
}

/** A cable from a place to the bridge of another, and the place's address at its end. */
function cable(place: string, device: string, address: string, at: string): void {
  const port = `p-${place}`;
  ip('-n', nameOf(at), 'link', 'add', port, 'type', 'veth', 'peer', 'name', device, 'netns', nameOf(place));
  ip('-n', nameOf(at), 'link', 'set', port, 'master', 'bridge', 'up');
  ip('-n', nameOf(place), 'addr', 'add', `${address}/24`, 'dev', device);
  ip('-n', nameOf(place), 'link', 'set', device, 'up');
}

function bridge(place: string, address?: string): void {
  ip('-n', nameOf(place), 'link', 'add', 'bridge', 'type', 'bridge');
  if (address !== undefined) ip('-n', nameOf(place), 'addr', 'add', `${address}/24`, 'dev', 'bridge');
  ip('-n', nameOf(place), 'link', 'set', 'bridge', 'up');
}

/** A router as people have at home: it changes what leaves, and drops in silence what nobody within asked for. */
function nat(place: string, site: number): void {
  add(place);
  cable(place, 'wan', `${PUBLIC}.${20 + site}`, 'net');
  bridge(place, `192.168.${site}.1`);
  execFileSync('ip', [...within(place), 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  const drop = 'priority 0; policy accept; iifname "wan" ct state new,invalid drop;';
  const rules = `table ip nat {
    chain leaving { type nat hook postrouting priority 100; policy accept; oifname "wan" masquerade ${values.symmetric ? 'fully-random' : ''}; }
  }
  table ip filter {
    chain inward { type filter hook input ${drop} }
    chain through { type filter hook forward ${drop} }
  }`;
  execFileSync('ip', [...within(place), values.nft, '-f', '-'], { input: rules });
}

async function start(place: string, ...args: string[]): Promise<string> {
  const log = ['--network', 'nat', '--name', place, '--api-port', '7580', '--log-level', 'warn', '--json'];
  const child = spawn(
    'ip',
    [...within(place), process.execPath, program, ...args, '--home', join(folder, place), ...log],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.set(place, child);
  let out = '';
  for await (const piece of child.stdout) {
    out += String(piece);
    if (out.trimEnd().endsWith('}')) break;
  }
  const { addresses, peerId } = JSON.parse(out) as { addresses: string[]; peerId: string };
  console.log(`  ${place} is up, ${addresses.length} addresses`);
  return `/ip4/${PUBLIC}.11/tcp/4001/p2p/${peerId}`;
}

/** What a node answers to a path of its API. */
async function ask(place: string, path: string): Promise<string> {
  const token = readFileSync(join(folder, place, 'api-token'), 'utf8').trim();
  const code = `fetch('http://127.0.0.1:7580${path}',{headers:{authorization:'Bearer ${token}'}}).then(async r=>console.log(await r.text()))`;
  return execFileSync('ip', [...within(place), process.execPath, '-e', code], { encoding: 'utf8' });
}

async function sharesOf(place: string): Promise<Shares> {
  return (JSON.parse(await ask(place, '/v1/routing')) as { paths: Shares }).paths;
}

/** Seconds until every place is reachable over `relay`. */
async function reachable(places: readonly string[], relay: string): Promise<number> {
  const began = performance.now();
  for (const place of places)
    while (!(await ask(place, '/v1/node')).includes(`${relay}/tcp/4001/p2p/`)) {
      if (performance.now() - began > WAIT_MS_MAX) throw new Error(`${place} is not reachable over ${relay}`);
      await delay(200);
    }
  return Math.round((performance.now() - began) / 100) / 10;
}

const edges = ['a1', 'a2', 'b1', 'b2'];
try {
  add('net');
  bridge('net');
  for (const [at, place] of ['r1', 'r2', 'open'].entries()) {
    add(place);
    cable(place, 'eth0', `${PUBLIC}.${11 + at}`, 'net');
  }
  for (const [at, router] of ['a', 'b'].entries()) {
    nat(router, at + 1);
    for (const n of [1, 2]) {
      const place = `${router}${n}`;
      add(place);
      cable(place, 'eth0', `192.168.${at + 1}.${n + 1}`, router);
      ip('-n', nameOf(place), 'route', 'add', 'default', 'via', `192.168.${at + 1}.1`);
    }
  }
  console.log(`NATs that ${values.symmetric ? 'give each connection another port' : 'keep the port'}`);
  const any = ['--listen', '/ip4/0.0.0.0/tcp/4001'];
  const join1 = ['--join', await start('r1', 'relay', ...any)];
  await start('r2', 'relay', ...any, ...join1);
  await start('open', 'up', ...any, ...join1);
  for (const place of edges) await start(place, 'up', ...any, '/p2p-circuit', ...join1);
  console.log(`edges behind NATs are reachable over r1 after ${await reachable(edges, `${PUBLIC}.11`)} s`);
  for (let n = 0; n < WAIT_MS_MAX / 1_000; n++) {
    const all = await Promise.all(edges.map(sharesOf));
    if (all.every((shares) => KINDS.reduce((sum, kind) => sum + shares[kind], 0) >= 6)) break;
    await delay(1_000);
  }
  const sums: Shares = { direct: 0, punched: 0, relayed: 0, routed: 0 };
  for (const place of ['open', ...edges]) {
    let shares = await sharesOf(place);
    let wrong: string[] = [];
    // The gauge is set every some seconds, and somebody may come between two questions.
    for (let n = 0; n < 10; n++) {
      const metrics = await ask(place, '/metrics');
      wrong = KINDS.filter(
        (kind) => !metrics.includes(`zerostate_peers_by_path{path="${kind}"} ${shares[kind]}\n`),
      );
      if (wrong.length === 0) break;
      await delay(1_000);
      shares = await sharesOf(place);
    }
    for (const kind of KINDS) sums[kind] += shares[kind];
    const text = KINDS.map((kind) => `${shares[kind]} ${kind}`).join(', ');
    console.log(
      `  ${place}: ${text}${wrong.length === 0 ? '' : `; the metric differs: ${wrong.join(', ')}`}`,
    );
  }
  const total = KINDS.reduce((sum, kind) => sum + sums[kind], 0);
  console.log(KINDS.map((kind) => `${kind} ${Math.round((100 * sums[kind]) / total)} %`).join(', '));
  children.get('r1')?.kill('SIGKILL');
  console.log(`r1 killed: reachable over r2 after ${await reachable(edges, `${PUBLIC}.12`)} s`);
} finally {
  for (const child of children.values()) child.kill('SIGKILL');
  await delay(500);
  for (const place of made.reverse()) ip('netns', 'del', nameOf(place));
  rmSync(folder, { recursive: true, force: true });
}
