// The commands of a node, for the composition root in bin/.

import type { Command } from 'commander';
import type { FirstContact } from '../network/first-contact.ts';
import { registerArtifact } from './commands/artifact.ts';
import { registerBackup } from './commands/backup.ts';
import { registerCard } from './commands/card.ts';
import { registerChannel } from './commands/channel.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerDoctor } from './commands/doctor.ts';
import { positiveInteger, registerFind } from './commands/find.ts';
import { registerGuild } from './commands/guild.ts';
import { registerImport } from './commands/import.ts';
import { registerLedger } from './commands/ledger.ts';
import { registerLog } from './commands/log.ts';
import { registerMcp } from './commands/mcp.ts';
import { registerPartner } from './commands/partner.ts';
import { registerPolicy } from './commands/policy.ts';
import { registerProbe } from './commands/probe.ts';
import { registerProv } from './commands/prov.ts';
import { registerQuarantine } from './commands/quarantine.ts';
import { registerReceipt } from './commands/receipt.ts';
import { registerReputation } from './commands/reputation.ts';
import { registerStatus } from './commands/status.ts';
import { registerTask } from './commands/task.ts';
import { registerToken } from './commands/token.ts';
import { registerTrust } from './commands/trust.ts';
import { registerUp } from './commands/up.ts';
import { registerVerify } from './commands/verify.ts';
import { registerWhy } from './commands/why.ts';

export { type Config, readConfigFile } from '../config/index.ts';
export { readSecretFile, writeSecretFile } from '../keys/key-file.ts';
export type { Logger } from '../logger/index.ts';
export type { Adopted, BootSource, FirstContact } from '../network/first-contact.ts';
export { readRunFile } from '../run-file.ts';
export { VERSION } from '../version.ts';
export type { SimulationOutcome, SimulationReplayer } from './capsule-replay.ts';
export { ApiClient } from './client.ts';
export { registerCapsule } from './commands/capsule.ts';
export { loadConfig, type UpFlags, withConfigFlags } from './commands/up.ts';
export { resolveHome } from './home.ts';
export {
  type OutputFlags,
  plain,
  print,
  reportError,
  reportUsage,
  runAction,
  style,
  table,
} from './output.ts';
export { type ClientFlags, withJson, withTarget } from './shared-flags.ts';
export { outliveOutput, watchOutput } from './streams.ts';
export { untilSignal } from './until-signal.ts';
export { OWN_FILE, writeWhole } from './write-file.ts';
export { positiveInteger };

/** Adds every command of the node room. `contact` finds networks by profile and boot list. */
export function registerNodeCommands(program: Command, contact: FirstContact): void {
  registerUp(program, contact);
  registerFind(program);
  registerCard(program);
  registerGuild(program);
  registerTask(program);
  registerPartner(program);
  registerReceipt(program);
  registerVerify(program);
  registerChannel(program);
  registerLedger(program);
  registerLog(program);
  registerArtifact(program);
  registerProv(program);
  registerReputation(program);
  registerPolicy(program);
  registerQuarantine(program);
  registerWhy(program);
  registerTrust(program);
  registerStatus(program);
  registerDoctor(program);
  registerCompletion(program);
  registerToken(program);
  registerImport(program);
  registerProbe(program);
  registerBackup(program);
  registerMcp(program);
}
