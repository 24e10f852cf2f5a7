// Backups of a node and what is made of them. The door of this folder.

import type { Core } from '../context.ts';
import { type HeldLease, Leases } from '../leases/index.ts';
import { type BackupDeps, writeBackup } from './write-backup.ts';

export { filesOf, writeChecked } from './backup-file.ts';
export { encodeFrame } from './format.ts';
export { CONFIRM_DEFAULT } from './limits.ts';
export { type BackupContents, readBackup } from './read-backup.ts';
export { type Restored, restore } from './restore.ts';
export { LEFT_OUT } from './what-is-carried.ts';

/** Makes backups of a running node. */
export interface Backups {
  /**
   * Begins one; answers its frames, as things stand when the first is read. One at a time, since each reads the whole database: throws BUSY while
   * another is read. Whoever stops reading for long loses its turn, and its stream ends with BUSY if somebody else has begun by then.
   */
  begin(): Promise<AsyncGenerator<Uint8Array>>;
}

/** Milliseconds between two frames after which another backup may begin: a reader that is so slow has gone. */
const PAUSE_MS_MAX = 60_000;

async function* fenced(frames: AsyncGenerator<Uint8Array>, lease: HeldLease): AsyncGenerator<Uint8Array> {
  try {
    // Taken in `begin`: one that nobody has asked anything of has no end, and its lease would last.
    yield new Uint8Array();
    for await (const frame of frames) {
      lease.proceed();
      yield frame;
    }
  } finally {
    await lease.end();
  }
}

export function makeBackups(core: Core, seed: Uint8Array) {
  const { clock, db, ownLog, peerId, store } = core;
  const deps: BackupDeps = { clock, db, store, peerId, seed, origin: ownLog.origin };
  const leases = new Leases({ db });
  const backups: Backups = {
    async begin() {
      const frames = fenced(writeBackup(deps), await leases.take('backup', 'a backup', PAUSE_MS_MAX));
      await frames.next();
      return frames;
    },
  };
  return { backups, services: [] };
}
