// zerostate relay: run a relay and say whom it serves.

import type { Command } from 'commander';
import {
  type FirstContact,
  loadConfig,
  outliveOutput,
  print,
  resolveHome,
  runAction,
  type UpFlags,
  untilSignal,
  withConfigFlags,
} from '../../node/cli/index.ts';
import { registerWatching } from './watch.ts';

const REPORT_MS = 10_000;

/** Adds the relay command. `contact` finds networks by boot list. */
export function registerRelayCommands(program: Command, contact: FirstContact): void {
  const relay = program.command('relay').description('run a relay: forward sealed streams of others');
  withConfigFlags(relay)
    .option('--config <file>', 'configuration file (default: config.yaml in the home folder)')
    .addHelpText(
      'after',
      '\nA node behind it runs with:\n  $ zerostate up --listen /p2p-circuit --join <address of the relay>',
    )
    .action(async (flags: UpFlags) => {
      await runAction(flags, async () => run(flags, contact));
    });
  // What follows the name of a subcommand is that one's.
  relay.enablePositionalOptions();
  registerWatching(relay);
}

async function run(flags: UpFlags, contact: FirstContact): Promise<void> {
  const stopping = untilSignal();
  const home = resolveHome(flags.home);
  const config = await loadConfig(home, flags);
  // Loaded late, so that every other command starts without libp2p.
  const { runRelay } = await import('../run.ts');
  const relay = await runRelay({ home, config, contact });
  const { peerId, host } = relay.node;
  const info = {
    name: config.name,
    peerId,
    region: config.region,
    api: relay.api.url,
    addresses: host.getMultiaddrs().map(String),
  };
  outliveOutput();
  print(flags, info, (up) =>
    [
      `${up.name} relays in ${up.region}`,
      ...up.addresses.map((address) => `  address  ${address}`),
      `  api      ${up.api}`,
      '',
      'Ctrl-C stops it.',
    ].join('\n'),
  );
  let told = 0;
  const timer = setInterval(() => {
    const { length } = relay.reservations();
    if (length !== told) process.stderr.write(`${length} nodes are reachable through this relay\n`);
    told = length;
  }, REPORT_MS);
  await stopping.promise;
  clearInterval(timer);
  await relay.stop();
}
