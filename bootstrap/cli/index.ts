// zerostate devnet: a whole network on one machine, live. Other commands of this room beside it.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import {
  type OutputFlags,
  plain,
  positiveInteger,
  resolveHome,
  runAction,
  style,
  table,
  untilSignal,
  withJson,
} from '../../node/cli/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type Devnet, startDevnet } from '../devnet.ts';
import { DEVNET_NODES_MAX } from '../devnet-plan.ts';

export { firstContact } from '../first-contact.ts';

import { registerBootCommands } from './boot.ts';

interface DevnetFlags extends OutputFlags {
  nodes: number;
  home?: string;
  basePort: number;
  cards?: string;
}

/** The folder of example cards in this package: beside the sources, or one up from the built form. */
function exampleCards(): string {
  const places = ['../../examples/cards', '../../../examples/cards'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? (places[0] as string);
}

/** Adds the devnet and boot commands. `program` is the script that node processes run. */
export function registerDevnetCommands(commands: Command, script: string): void {
  registerBootCommands(commands);
  withJson(
    commands
      .command('devnet')
      .description('run a whole network on this machine: real nodes, real keys, a console'),
  )
    .option('--nodes <n>', 'how many nodes: one boot + index + relay, the others edges', positiveInteger, 5)
    .option('--home <dir>', 'home folder; the nodes live in its folder "devnet"')
    .option(
      '--base-port <port>',
      'first API port; libp2p ports are 100 higher; taken ports are replaced',
      positiveInteger,
      7480,
    )
    .option('--cards <dir>', 'folder of agent cards to publish (default: the examples)')
    .addHelpText(
      'after',
      '\nWhile it runs, in another terminal:\n  $ zerostate find "turn scanned invoices into a spreadsheet"\n  $ zerostate task run examples/tasks/word-count/task.yaml\n\nCtrl-C stops all of it. A second start reuses the data.',
    )
    .action(async (flags: DevnetFlags) => {
      await runAction(flags, async () => {
        if (flags.nodes > DEVNET_NODES_MAX)
          throw new ZeroError('USAGE', `a devnet has at most ${DEVNET_NODES_MAX} nodes`);
        await run(flags, script);
      });
    });
}

async function run(flags: DevnetFlags, script: string): Promise<void> {
  const started = performance.now();
  const stopping = untilSignal();
  const say = (line: string) =>
    process.stderr.write(
      `${style.dim(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s]`)} ${plain(line)}\n`,
    );
  // Here, and not in the home of a user's own node: a devnet belongs to the folder it is tried in.
  const home =
    flags.home === undefined && process.env.ZEROSTATE_HOME === undefined
      ? resolve('.zerostate')
      : resolveHome(flags.home);
  const devnet = await startDevnet({
    root: join(home, 'devnet'),
    nodes: flags.nodes,
    basePort: flags.basePort,
    cards: flags.cards ?? exampleCards(),
    program: script,
    say,
    signal: stopping.signal,
  });
  for (const one of devnet.processes) {
    void one.ended.then((code) => {
      if (!stopping.signal.aborted)
        say(
          `${one.name} ended (code ${code}); start it again with: zerostate up --home ${join(home, 'devnet', one.name)}`,
        );
    });
  }
  show(flags, devnet, (performance.now() - started) / 1000);
  await stopping.promise;
  say('Stopping');
  await devnet.stop();
  say('All nodes have stopped');
}

function show(flags: DevnetFlags, devnet: Devnet, seconds: number): void {
  // An edge and not the boot node: agents live there, so every page of the console has something to show.
  const first = devnet.nodes[1] ?? devnet.nodes[0];
  const console_ = `${first?.api}/#token=${first?.token}`;
  if (flags.json === true) {
    process.stdout.write(
      `${JSON.stringify({ nodes: devnet.nodes, cards: devnet.cards, reused: devnet.reused, console: console_, seconds })}\n`,
    );
    return;
  }
  process.stdout.write(
    `\n${table([['NAME', 'REGION', 'PEER ID', 'API'], ...devnet.nodes.map((node) => [node.name, node.region, node.peerId, node.api])])}\n\n` +
      `${devnet.cards} agent cards, ready after ${seconds.toFixed(1)} s.\n\n` +
      `${style.bold('Console')}  ${console_}\n\n` +
      'Try, in another terminal:\n' +
      '  npx zerostate find "turn scanned invoices into a spreadsheet"\n' +
      '  npx zerostate task run examples/tasks/word-count/task.yaml\n' +
      '\nCtrl-C stops everything.\n',
  );
}
