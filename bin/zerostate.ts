// The composition root: the one place that knows every room. Puts their commands into one program and runs it.

import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import { registerDevnetCommands } from '../bootstrap/cli/index.ts';
import { registerNodeCommands, reportError } from '../node/cli/index.ts';
import { VERSION } from '../node/version.ts';

const EXIT_USAGE = 2;

const program = new Command('zerostate')
  .description(
    'A federated trust network: find agents by meaning, run tasks with receipts that anyone can replay, prove, revoke.',
  )
  .version(VERSION)
  .showHelpAfterError('(--help shows how)')
  .exitOverride()
  .configureHelp({ sortSubcommands: false });

registerDevnetCommands(program, fileURLToPath(import.meta.url));
registerNodeCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) reportError({}, error);
  // Help and version are no errors; everything else that the parser refuses is wrong usage.
  else if (error.exitCode !== 0) process.exitCode = EXIT_USAGE;
}
