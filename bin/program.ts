// The composition root: the one place that knows every room. Puts their commands into one program.

import { Command } from 'commander';
import { firstContact, registerDevnetCommands } from '../bootstrap/cli/index.ts';
import { registerIndexCommands } from '../index-service/cli/index.ts';
import { registerCapsule, registerNodeCommands, VERSION } from '../node/cli/index.ts';
import { registerRelayCommands } from '../relay/cli/index.ts';
import { registerSimCommands, replaySimulation } from '../sim/cli/index.ts';
import { registerWasmCommands } from '../wasm-runner/cli/index.ts';
import { addExamples } from './examples.ts';

/** The whole command line. `script` is the file that child processes run with the same Node. */
export function buildProgram(script: string): Command {
  const program = new Command('zerostate')
    .description(
      'A federated trust network: find agents by meaning, run tasks with receipts that anyone can replay, prove, revoke.',
    )
    .version(VERSION)
    // An option belongs to the command that it follows: "relay" and "relay status" both have --home.
    .enablePositionalOptions()
    .showHelpAfterError('(--help shows how)')
    .exitOverride()
    .configureHelp({ sortSubcommands: false });
  registerDevnetCommands(program, script);
  const contact = firstContact();
  registerNodeCommands(program, contact);
  registerIndexCommands(program);
  registerWasmCommands(program);
  registerRelayCommands(program, contact);
  registerSimCommands(program);
  registerCapsule(program, replaySimulation);
  addExamples(program);
  return program;
}
