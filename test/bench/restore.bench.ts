// A node lost and made again from its backup: how long the backup takes while the node runs, and how long the restore, in which every
// record of every log is compared with its signed root, against copying the home folder of the stopped node, which proves nothing.

import { execFileSync } from 'node:child_process';
import { createWriteStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { restore } from '../../node/backup/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { REPUTATION_EVENT_PREDICATE, signAgentStatement } from '../../protocol/statement/index.ts';
import { makeAgent, seed } from '../support/agents.ts';
import { TestNodes } from '../support/nodes.ts';
import type { Bench } from './bench.ts';

/** A node is to be back within the time in which a person makes a call. */
const RESTORE_MS_MAX = 60_000;

export const bench: Bench = {
  name: 'restore',
  summary: 'backup of a running node and verified restore of it, against the promised minute',
  bar: { sign: '<=', value: 1 },
  async run({ folder, note, report, sizes }) {
    const statements = sizes(5_000, 50_000);
    await using nodes = new TestNodes();
    const { node } = await nodes.start('lost');
    const { agentId, keychain } = makeAgent(10);
    const signer = seedSigner(seed(12));
    const event = (i: number) =>
      signAgentStatement({
        predicateType: REPUTATION_EVENT_PREDICATE,
        predicate: {
          issuedAt: '2026-03-01T06:00:00Z',
          about: agentId,
          kind: 'relay-failed',
          value: -1,
          evidence: [],
          note: `statement ${i}`,
        },
        keychain,
        signer,
      });
    for (let i = 0; i < statements; i += 1_000)
      await Promise.all(
        Array.from({ length: Math.min(1_000, statements - i) }, (_, k) => node.ownLog.append(event(i + k))),
      );
    const place = folder();
    const backup = join(place, 'node.zsbackup');
    const started = performance.now();
    await pipeline(
      Readable.from(await node.backups.begin(), { objectMode: false }),
      createGzip(),
      createWriteStream(backup),
    );
    const backupMs = performance.now() - started;
    await nodes.stop('lost');
    const copying = performance.now();
    execFileSync('cp', ['-r', nodes.home('lost'), join(place, 'copy')]);
    const copyMs = performance.now() - copying;
    const restoring = performance.now();
    const log = createLogger({ level: 'silent', name: 'bench' });
    const restored = await restore({ backup, home: join(place, 'back'), confirm: 2, log });
    const restoreMs = performance.now() - restoring;
    if (restored.entries !== statements) throw new Error(`${restored.entries} of ${statements} came back`);
    note(`the backup took ${backupMs.toFixed(0)} ms and has ${statSync(backup).size} bytes`);
    note(`cp -r of the stopped node took ${copyMs.toFixed(0)} ms`);
    const common = { sizes: { statements }, unit: 'ms', better: 'lower', peer: RESTORE_MS_MAX } as const;
    report({ ...common, case: 'backup while it runs', ours: backupMs, peerName: 'a minute' });
    report({ ...common, case: 'verified restore', ours: restoreMs, peerName: 'a minute' });
  },
};
