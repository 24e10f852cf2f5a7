// The commands of a node, for the composition root in bin/.

import type { Command } from 'commander';
import { registerCard } from './commands/card.ts';
import { positiveInteger, registerFind } from './commands/find.ts';
import { registerReceipt } from './commands/receipt.ts';
import { registerStatus } from './commands/status.ts';
import { registerTask } from './commands/task.ts';
import { registerUp } from './commands/up.ts';

export { readRunFile } from '../run-file.ts';
export { VERSION } from '../version.ts';
export { ApiClient } from './client.ts';
export { loadConfig, type UpFlags, withConfigFlags } from './commands/up.ts';
export { resolveHome } from './home.ts';
export { type OutputFlags, plain, print, reportError, runAction, style, table } from './output.ts';
export { withJson } from './shared-flags.ts';
export { untilSignal } from './until-signal.ts';
export { positiveInteger };

/** Adds every command of the node room. */
export function registerNodeCommands(program: Command): void {
  registerUp(program);
  registerFind(program);
  registerCard(program);
  registerTask(program);
  registerReceipt(program);
  registerStatus(program);
}
