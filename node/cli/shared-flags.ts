// Flags that commands share, so that they are spelled and explained the same everywhere.

import { type Command, Option } from 'commander';
import type { TargetFlags } from './home.ts';
import type { OutputFlags } from './output.ts';

/** Flags of a command that talks to a running node. */
export type ClientFlags = TargetFlags & OutputFlags;

/** Adds --json and --jsonl. */
export function withJson(command: Command): Command {
  return command
    .option('--json', 'print JSON for a script')
    .addOption(new Option('--jsonl', 'print JSON, of a list an item a line').implies({ json: true }));
}

/** Adds the flags that say which running node is meant. */
export function withTarget(command: Command): Command {
  return withJson(command)
    .option('--node <name>', 'a node of the devnet by name, for instance edge-2')
    .option(
      '--home <dir>',
      "the node's home folder (default: ZEROSTATE_HOME, the nearest .zerostate, ~/.zerostate)",
    )
    .option('--api <url>', 'the API of a node elsewhere; needs --token-file or ZEROSTATE_TOKEN')
    .option('--token-file <file>', 'file with the API token, with --api');
}
