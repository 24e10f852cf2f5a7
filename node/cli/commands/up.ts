// zerostate init and zerostate up: a node of one's own.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import {
  type Config,
  completeConfig,
  readConfigFile,
  renderConfigFile,
  resolveConfig,
} from '../../config/index.ts';
import { loadOrCreateNodeKey } from '../../keys/node-key.ts';
import { resolveHome } from '../home.ts';
import { type OutputFlags, print, runAction, style } from '../output.ts';
import { withJson } from '../shared-flags.ts';
import { untilSignal } from '../until-signal.ts';

const CONFIG_FILE = 'config.yaml';

/** Flags of a command that runs a node. */
export interface UpFlags extends OutputFlags {
  home?: string;
  config?: string;
  name?: string;
  region?: string;
  network?: string;
  roles?: string[];
  join?: string[];
  listen?: string[];
  apiPort?: string;
  logLevel?: string;
  supervised?: boolean;
}

/** Flags as a partial configuration; undefined members do not count. */
function fromFlags(flags: UpFlags) {
  return {
    name: flags.name,
    region: flags.region,
    network: flags.network,
    roles: flags.roles,
    join: flags.join,
    listen: flags.listen,
    ...(flags.apiPort === undefined ? {} : { api: { port: Number(flags.apiPort) } }),
    ...(flags.logLevel === undefined ? {} : { log: { level: flags.logLevel } }),
  };
}

/** Adds the flags that override configuration keys. */
export function withConfigFlags(command: Command): Command {
  return withJson(command)
    .option(
      '--home <dir>',
      "the node's home folder (default: ZEROSTATE_HOME, the nearest .zerostate, ~/.zerostate)",
    )
    .option('--name <name>', 'name that people see')
    .option('--region <region>', 'region this node is in')
    .option('--network <network>', 'network profile')
    .option('--roles <role...>', 'edge, boot, index, relay')
    .option('--join <multiaddr...>', 'nodes to join through')
    .option('--listen <multiaddr...>', 'addresses to listen on')
    .option('--api-port <port>', 'port of the HTTP API; 0 takes a free one')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent');
}

export function registerUp(program: Command): void {
  withConfigFlags(
    program.command('init').description('write a configuration with every default in it, and the node’s key'),
  )
    .option('--force', 'replace an existing configuration (never the key)')
    .action(async (flags: UpFlags & { force?: boolean }) => {
      await runAction(flags, async () => {
        const home = resolveHome(flags.home);
        const path = join(home, CONFIG_FILE);
        if (existsSync(path) && flags.force !== true)
          throw new ZeroError('ALREADY_EXISTS', `${path} exists already`);
        const config = resolveConfig({}, process.env, fromFlags(flags));
        await mkdir(home, { recursive: true, mode: 0o700 });
        const key = await loadOrCreateNodeKey(home);
        await writeFile(path, renderConfigFile(config));
        const peerId = (await import('@libp2p/peer-id')).peerIdFromPrivateKey(key.libp2p).toString();
        print(
          flags,
          { home, config: path, peerId },
          (made) =>
            `wrote ${made.config}\npeer id ${made.peerId}\n\nStart it with: zerostate up${flags.home === undefined ? '' : ` --home ${home}`}`,
        );
      });
    });

  withConfigFlags(program.command('up').description('run one node until it is stopped'))
    .option('--config <file>', 'configuration file (default: config.yaml in the home folder)')
    .option('--supervised', 'report over an IPC channel and end with the parent process')
    .addHelpText(
      'after',
      '\nA flag wins over the environment (ZEROSTATE_…), the environment over the file.\n\nExample:\n  $ zerostate up --join /ip4/127.0.0.1/tcp/7580/p2p/12D3KooW…',
    )
    .action(async (flags: UpFlags) => {
      await runAction(flags, async () => run(flags));
      // An open channel to the supervisor would keep a node alive that failed to start, and the supervisor waiting.
      if (process.connected) process.disconnect?.();
    });
}

/** The effective configuration of a home folder, which is made when it is missing. Throws CONFIG_INVALID. */
export async function loadConfig(home: string, flags: UpFlags): Promise<Config> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const path = flags.config ?? join(home, CONFIG_FILE);
  const file = flags.config !== undefined || existsSync(path) ? await readConfigFile(path) : {};
  return completeConfig(resolveConfig(file, process.env, fromFlags(flags)), path);
}

async function run(flags: UpFlags): Promise<void> {
  const stopping = untilSignal({ supervised: flags.supervised === true });
  const home = resolveHome(flags.home);
  const config = await loadConfig(home, flags);
  // Loaded late, so that every other command starts without libp2p.
  const { runNode } = await import('../../up.ts');
  const running = await runNode({ home, config, processMetrics: true });
  const { peerId, host } = running.node;
  const info = {
    name: config.name,
    peerId,
    region: config.region,
    api: running.api.url,
    addresses: host.getMultiaddrs().map(String),
    home,
  };
  if (flags.supervised === true) process.send?.({ api: info.api, peerId, token: running.token });
  else {
    print(flags, info, (up) =>
      [
        `${style.bold(up.name)} is up in ${up.region}`,
        `  peer id  ${up.peerId}`,
        ...up.addresses.map((address) => `  address  ${address}`),
        `  api      ${up.api}`,
        `  console  ${up.api}/#token=${running.token}`,
        `  home     ${up.home}`,
        '',
        'Ctrl-C stops it.',
      ].join('\n'),
    );
  }
  await stopping.promise;
  const hung = await running.stop();
  // What hangs is named in the log; the exit code says that the end was not clean.
  if (hung.length > 0) process.exitCode = 1;
}
