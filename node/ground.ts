// What stands before anything runs: the database opened, keys read, diagnostics, and the books that the services share.

import { join } from 'node:path';
import { createRunner } from '../wasm-runner/index.ts';
import type { FallbackPolicy } from './activation/index.ts';
import { Admission } from './admission/index.ts';
import { PenaltyBook } from './admission/penalty-book.ts';
import { Quarantine } from './admission/quarantine.ts';
import { loopLagMs } from './busy.ts';
import { CardBook } from './cards/card-book.ts';
import { type Clock, systemClock } from './clock/index.ts';
import type { Config } from './config/index.ts';
import type { Ground } from './context.ts';
import { Events } from './events/index.ts';
import { AgentVault } from './keys/agent-vault.ts';
import { CheckMemory } from './keys/check-memory.ts';
import { loadOrCreateNodeKey, type NodeKey } from './keys/node-key.ts';
import { openStores } from './log/open-stores.ts';
import type { Logger } from './logger/index.ts';
import { createMetrics } from './metrics/index.ts';
import { ReceiptFiles } from './receipts/receipt-files.ts';
import type { Service } from './services.ts';
import { ForkBook } from './sync/fork-book.ts';
import { formOfHome, upgradeHome } from './upgrade/index.ts';

export interface GroundOptions {
  readonly home: string;
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Why the node does not run as it was told to; for its health. */
  readonly degraded?: string | undefined;
  /** The policy to start under in place of the one in force, which has ended every start early. */
  readonly goodPolicy?: FallbackPolicy | undefined;
  /** Count Node's own process metrics too: for one node a process. */
  readonly processMetrics?: boolean;
}

/** Opens a home folder. Throws DATA_NEWER, DATA_LOCKED, DATA_CORRUPT, KEY_FILE_UNSAFE or CONFIG_INVALID. The key is for those who sign only. */
export async function makeGround(
  options: GroundOptions,
): Promise<{ ground: Ground; key: NodeKey; services: Service[] }> {
  const { home, config, log } = options;
  const found = await formOfHome(home);
  const clock = options.clock ?? systemClock;
  const metrics = createMetrics({ processMetrics: options.processMetrics === true });
  const events = new Events();
  const startedAt = clock.now();
  const key = await loadOrCreateNodeKey(home);
  const checked = new CheckMemory({ home, seed: key.seed, clock, log });
  log.debug(await checked.load(), 'what was checked before is recalled');
  const vault = new AgentVault(home);
  await vault.load();
  const { db, store, damages } = await openStores({
    dir: join(home, 'db'),
    clock,
    log,
    prepare: async (opened) => {
      await upgradeHome({ home, found, db: opened, seed: key.seed, clock, log });
    },
  });
  metrics.count('zerostate_log_damaged_total', {}, damages);
  db.onChange = (failure) => {
    metrics.set('zerostate_storage_failing', failure === undefined ? 0 : 1);
    if (failure === undefined) log.info('the disk takes writes again');
    else log.error({ err: failure }, 'the disk does not take writes: the node is read-only');
  };
  const files = new ReceiptFiles(db);
  const forks = new ForkBook(db);
  await files.load();
  await forks.load();
  metrics.set('zerostate_log_forks', forks.size);
  const book = new CardBook();
  book.listen(() => metrics.set('zerostate_cards_known', book.size));
  // A node under another clock than the machine's does not look at how late the machine is.
  const lagMs = clock === systemClock ? loopLagMs : () => 0;
  const admission = new Admission({ clock, log, metrics, lagMs });
  await new PenaltyBook({ db, clock, log }).load(admission);
  const runner = await createRunner();
  const quarantine = new Quarantine({ db, clock, admission });
  return {
    ground: {
      home,
      config,
      degraded: options.degraded,
      clock,
      log,
      metrics,
      events,
      startedAt,
      db,
      store,
      vault,
      files,
      forks,
      admission,
      quarantine,
      book,
      runner,
    },
    key,
    services: [
      { name: 'database', start: () => {}, stop: () => db.end() },
      { name: 'check-memory', start: () => checked.start(), stop: () => checked.stop() },
      { name: 'quarantine', start: () => quarantine.start(), stop: () => {} },
    ],
  };
}
