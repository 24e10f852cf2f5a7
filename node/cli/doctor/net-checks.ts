// What can be seen of the machine's network: ports that are taken, nodes to join through that do not answer.

import { connect, createServer } from 'node:net';
import type { Config } from '../../config/index.ts';
import { censorLine } from '../../logger/secrets.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** A live node answers a TCP handshake within this, half the world away. */
const CONNECT_MS_MAX = 3_000;
/** Addresses that are tried. */
const ADDRESSES_MAX = 16;

interface Place {
  readonly host: string;
  readonly port: number;
}

/** Host and TCP port of a multiaddr; undefined for anything else, such as a relay's circuit. */
export function placeOf(address: string): Place | undefined {
  const [, , host, , port] = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/(tcp)\/(\d+)/.exec(address) ?? [];
  return host === undefined || port === undefined ? undefined : { host, port: Number(port) };
}

/** Ports that a stopped node will want. */
export async function checkPorts(config: Config): Promise<Finding[]> {
  const { api, listen } = config;
  const wanted: (Place & { what: string; flag: string })[] = [
    { host: api.host, port: api.port, what: 'the HTTP API', flag: '--api-port 0 takes a free one' },
    ...listen.flatMap((address) => {
      const place = placeOf(address);
      return place === undefined ? [] : [{ ...place, what: 'other nodes', flag: '--listen /ip4/…/tcp/PORT' }];
    }),
  ];
  const findings: Finding[] = [];
  for (const { flag, host, port, what } of wanted) {
    const code = await tryListen({ host, port });
    if (code === undefined) continue;
    // Whatever the port is.
    if (code === 'EADDRNOTAVAIL') {
      const remedy = 'Name one that it has in config.yaml (api.host, listen): ip address shows them.';
      findings.push(
        fail(
          'ports',
          `${host}, for ${what}, cannot be listened on`,
          'this machine has no such address',
          remedy,
        ),
      );
      continue;
    }
    const causes: Record<string, string> = {
      EADDRINUSE: 'another program has it',
      EACCES: 'this user may not open it: ports below 1024 are the system’s',
    };
    const remedy = `Stop the other program (ss -ltnp 'sport = :${port}' names it) or choose another port: ${flag}.`;
    findings.push(
      fail('ports', `port ${port} on ${host}, for ${what}, is not free`, causes[code] ?? code, remedy),
    );
  }
  return findings.length > 0 ? findings : [ok('ports', 'free')];
}

/** The error code of listening there; undefined when it works. */
function tryListen({ host, port }: Place): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The nodes to join through: any live one is enough. */
export async function checkBoot(config: Config): Promise<Finding[]> {
  const { boot, join } = config;
  if (join.length === 0 && boot.list === '')
    return config.roles.includes('boot')
      ? [ok('boot', 'others join through this node')]
      : [
          warn(
            'boot',
            'no node to join through is configured',
            'this node finds others on the local network only, if at all',
            'Name one: join in config.yaml, or use zerostate up --join MULTIADDR; or take a boot list: zerostate init --profile FILE.',
          ),
        ];
  const places = join.slice(0, ADDRESSES_MAX).map((address) => ({ address, place: placeOf(address) }));
  const answers = await Promise.all(
    places.map(async ({ address, place }) => ({
      address,
      error: place === undefined ? 'no TCP address' : await tryConnect(place),
    })),
  );
  const dead = answers.filter(({ error }) => error !== undefined);
  const alive = answers.length - dead.length;
  const list = dead.map(({ address, error }) => `${address}: ${error}`).join('; ');
  const remedy =
    'Ask the operator of the network for live addresses, and look for a firewall between: nc -vz HOST PORT.';
  if (join.length === 0) return [ok('boot', `from the boot list ${censorLine(boot.list)}`)];
  if (alive === 0) return [fail('boot', 'no node to join through answers', list, remedy)];
  if (dead.length > 0)
    return [warn('boot', `${alive} of ${answers.length} nodes to join through answer`, list, remedy)];
  return [ok('boot', `${alive} nodes to join through answer`)];
}

/** The error of connecting there; undefined when it works. */
function tryConnect({ host, port }: Place): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (result: string | undefined) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => end(`no answer in ${CONNECT_MS_MAX / 1000} s`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
