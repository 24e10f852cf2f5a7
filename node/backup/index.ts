// Backups of a node and what is made of them. The door of this folder.

import type { Core } from '../context.ts';
import { type BackupDeps, writeBackup } from './write-backup.ts';

export { filesOf, writeChecked } from './backup-file.ts';
export { encodeFrame } from './format.ts';
export { CONFIRM_DEFAULT } from './limits.ts';
export { type BackupContents, readBackup } from './read-backup.ts';
export { type Restored, restore } from './restore.ts';
export { LEFT_OUT } from './what-is-carried.ts';

/** Makes backups of a running node. */
export interface Backups {
  /** The frames of one, as things stand now. */
  stream(): AsyncGenerator<Uint8Array>;
}

export function makeBackups(core: Core, seed: Uint8Array) {
  const { clock, db, ownLog, peerId, store } = core;
  const deps: BackupDeps = { clock, db, store, peerId, seed, origin: ownLog.origin };
  const backups: Backups = { stream: () => writeBackup(deps) };
  return { backups, services: [] };
}
