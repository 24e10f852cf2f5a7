// zerostate init and zerostate up: a node of one's own.

import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { type Activation, activate, type GoodEnd } from '../../activation/index.ts';
import {
  type Config,
  completeConfig,
  readConfigFile,
  renderConfigFile,
  resolveConfig,
} from '../../config/index.ts';
import { loadOrCreateNodeKey } from '../../keys/node-key.ts';
import type { Adopted, FirstContact } from '../../network/first-contact.ts';
import { formOfHome } from '../../upgrade/form.ts';
import { askInit, isAskable } from '../ask-init.ts';
import { resolveHome } from '../home.ts';

import { supervisorOf } from '../notify.ts';
import { type OutputFlags, plain, print, runAction, style } from '../output.ts';
import { withJson } from '../shared-flags.ts';
import { outliveOutput } from '../streams.ts';
import { untilSignal } from '../until-signal.ts';

const CONFIG_FILE = 'config.yaml';

/** A node that was ready so long after its start (milliseconds) has a configuration that works. */
const GOOD_AFTER_MS = 60_000;

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

interface InitFlags extends UpFlags {
  yes?: boolean;
  force?: boolean;
  profile?: string;
  bootList?: string;
}

async function adopt(contact: FirstContact, home: string, flags: InitFlags): Promise<Adopted | undefined> {
  const { profile, bootList, network } = flags;
  if (profile === undefined) {
    if (bootList === undefined) return undefined;
    throw new ZeroError('USAGE', '--boot-list needs --profile: who signs the list stands in the profile');
  }
  if (network !== undefined)
    throw new ZeroError('USAGE', 'the profile names the network: leave out --network');
  return await contact.adopt({ home, profile, bootList });
}

function definedOf(tree: object): { [key: string]: unknown } {
  return Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== undefined));
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
    .option('--network <network>', 'name of the network; nodes of different networks ignore each other')
    .option('--roles <role...>', 'edge, boot, index, relay')
    .option('--join <multiaddr...>', 'nodes to join through')
    .option('--listen <multiaddr...>', 'addresses to listen on')
    .option('--api-port <port>', 'port of the HTTP API; 0 takes a free one')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent');
}

/** Adds init and up. `contact` finds networks by profile and boot list. */
export function registerUp(program: Command, contact: FirstContact): void {
  withConfigFlags(
    program.command('init').description('write a configuration with every default in it, and the node’s key'),
  )
    .option('--profile <name|file>', 'the network to join: devnet, or the profile file of a network')
    .option('--boot-list <file|url>', 'where its signed boot list is, when not where the profile says')
    .addHelpText(
      'after',
      '\nExamples:\n  $ zerostate init --profile devnet\n  $ zerostate init --profile acme.json --boot-list https://example.org/boot-lists.json\n\nOn a terminal, and without any of these flags, it asks for what matters; in a script it asks nothing.',
    )
    .option('--force', 'replace an existing configuration (never the key)')
    .option('--yes', 'ask nothing, also on a terminal')
    .action(async (given: InitFlags) => {
      await runAction(given, async () => {
        const home = resolveHome(given.home);
        const path = join(home, CONFIG_FILE);
        if (existsSync(path) && given.force !== true)
          throw new ZeroError('ALREADY_EXISTS', `${path} exists already`, {
            hint: 'Start the node with zerostate up, or replace the file with --force.',
          });
        await formOfHome(home);
        const { home: _, force: __, ...said } = given;
        const flags: InitFlags = isAskable(Object.values(said))
          ? { ...given, ...(await askInit(resolveConfig({}, process.env, {}))) }
          : given;
        await mkdir(home, { recursive: true, mode: 0o700 });
        const adopted = await adopt(contact, home, flags);
        const config = resolveConfig({}, process.env, { ...adopted?.config, ...definedOf(fromFlags(flags)) });
        const key = await loadOrCreateNodeKey(home);
        // It may hold the password of a collector, or the address of a list with a token.
        await writeFile(path, renderConfigFile(config), { mode: 0o600 });
        const peerId = (await import('@libp2p/peer-id')).peerIdFromPrivateKey(key.libp2p).toString();
        const made = { home, config: path, peerId, network: config.network };
        print(flags, made, () =>
          [
            ...(adopted === undefined ? [] : [plain(adopted.note)]),
            `wrote ${made.config}`,
            `peer id ${made.peerId}`,
            '',
            `Start it with: zerostate up${flags.home === undefined ? '' : ` --home ${home}`}`,
          ].join('\n'),
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
      await runAction(flags, async () => run(flags, contact));
      // An open channel to the supervisor would keep a node alive that failed to start, and the supervisor waiting.
      if (flags.supervised === true && process.connected) process.disconnect?.();
    });
}

/** The effective configuration of a home folder, which is made when it is missing. Throws CONFIG_INVALID. */
export async function loadConfig(home: string, flags: UpFlags): Promise<Config> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const path = flags.config ?? join(home, CONFIG_FILE);
  const file = flags.config !== undefined || existsSync(path) ? await readConfigFile(path) : {};
  return completeConfig(resolveConfig(file, process.env, fromFlags(flags)), path);
}

/** The configuration, or why it cannot be read: that start counts as one that it ended. */
async function configOrWhyNot(home: string, flags: UpFlags): Promise<Config | ZeroError> {
  try {
    return await loadConfig(home, flags);
  } catch (error) {
    if (error instanceof ZeroError && error.code === 'CONFIG_INVALID') return error;
    throw error;
  }
}

async function run(flags: UpFlags, contact: FirstContact): Promise<void> {
  const stopping = untilSignal({ supervised: flags.supervised === true });
  const home = resolveHome(flags.home);
  // Before anything is written there, also what only notes that it was started.
  await formOfHome(home);
  const activation = await activate(home, await configOrWhyNot(home, flags), Date.now());
  const { config, fellBack } = activation;
  if (fellBack !== undefined) process.stderr.write(`${style.red('warning')}: ${fellBack}\n`);
  // Loaded late, so that every other command starts without libp2p.
  const { runNode } = await import('../../up.ts');
  const { policy } = activation;
  const given = { home, config, processMetrics: true, contact, degraded: fellBack };
  const running = await runNode({
    ...given,
    ...(policy === undefined ? {} : { goodPolicy: policy }),
  }).catch(async (error: unknown) => {
    // Somebody else runs this node: that says nothing of its configuration.
    if (isZeroError(error) && error.code === 'DATA_LOCKED') await activation.withdrawn();
    throw error;
  });
  const { bundles } = running.node.policy;
  const ended = () => ({ policy: bundles.active.id, refused: bundles.fellBack?.refused });
  const proof = setTimeout(() => void proveGood(running.api.url, activation, ended), GOOD_AFTER_MS);
  proof.unref();
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
    outliveOutput();
    print(flags, info, (up) =>
      [
        `${style.bold(up.name)} is up in ${up.region}`,
        `  peer id  ${up.peerId}`,
        ...up.addresses.map((address) => `  address  ${address}`),
        `  api      ${up.api}`,
        // What is no terminal is a log that others read: the token stays in its file.
        `  console  ${up.api}/${process.stdout.isTTY ? `#token=${running.token}` : ''}`,
        `  home     ${up.home}`,
        '',
        'Ctrl-C stops it.',
      ].join('\n'),
    );
  }
  const supervisor = supervisorOf();
  // That the API answers says that the event loop turns; whether the network is whole is no reason to be killed.
  supervisor.ready(async () => (await fetch(`${running.api.url}/livez`)).ok);
  await stopping.promise;
  supervisor.stopping();
  clearTimeout(proof);
  const hung = await running.stop();
  await activation.stopped(ended());
  // What hangs is named in the log; the exit code says that the end was not clean.
  if (hung.length > 0) process.exitCode = 1;
}

/** A node that is ready after a while has a configuration that works. Never throws: it is a note for a later start. */
async function proveGood(api: string, activation: Activation, ended: () => GoodEnd): Promise<void> {
  try {
    if ((await fetch(`${api}/readyz`)).ok) await activation.worked(ended());
  } catch (error) {
    process.stderr.write(
      `the configuration could not be kept as one that works: ${(error as Error).message}\n`,
    );
  }
}
