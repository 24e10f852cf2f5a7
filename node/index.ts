// The public door of the node room.

export type {
  CardView,
  LogsView,
  LogView,
  NetworkView,
  NodeView,
  ReceiptView,
  RevocationView,
  TaskView,
} from './api/views.ts';
export { ApiClient } from './cli/client.ts';
export { type Clock, systemClock } from './clock/index.ts';
export { type Config, completeConfig, renderConfigFile } from './config/index.ts';
export type { ZerostateNode } from './context.ts';
export type { Guilds, GuildView, InvitationView } from './guild/index.ts';
export type { Carrier } from './host/create.ts';
export type { FirstContact } from './network/first-contact.ts';
export { type NodeOptions, openNode } from './node.ts';
export { readRunFile } from './run-file.ts';
export { type RunningNode, runNode } from './up.ts';
export { VERSION } from './version.ts';
