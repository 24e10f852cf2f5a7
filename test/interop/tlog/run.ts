// A log with two witnesses, read and checked by a client in Go that shares no code with us: npm run interop:tlog. Needs Go, and the network
// for its modules the first time.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readArguments } from '../../../scripts/source/arguments.ts';
import { eventually } from '../../support/cli.ts';
import { note } from '../../support/log-stores.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

readArguments(import.meta.filename, {});

const run = promisify(execFile);
/** Two full tiles and a part of the third. */
const ENTRIES = 600;
/** The head that the consistency proof begins at. */
const OLDER = 300;
const SOON_MS = 60_000;

const folder = await mkdtemp(join(tmpdir(), 'zerostate-interop-'));
try {
  const client = join(folder, 'tlog');
  await run('go', ['build', '-o', client, '.'], { cwd: import.meta.dirname });
  await using nodes = new TestNodes();
  const logs = { quorum: 2, witness: 'open' } as const;
  const author = await nodes.start('author', { logs });
  const joined = [addressOf(author)];
  const witnesses = [
    await nodes.start('first', { join: joined, logs }),
    await nodes.start('second', { join: joined, logs }),
  ];
  const { ownLog, logProofs, peerId } = author.node;
  for (const [from, to] of [
    [0, OLDER],
    [OLDER, ENTRIES],
  ] as const)
    await Promise.all(Array.from({ length: to - from }, (_, n) => ownLog.append(note(`entry ${from + n}`))));
  await eventually('the witnesses', SOON_MS, async () => {
    const { reached, size } = await logProofs.witnessQuorumOf(ownLog.origin);
    return reached && size === ENTRIES;
  });
  const heads = await logProofs.checkpointHistory(ownLog.origin);
  const older = heads.find(({ size }) => size < ENTRIES);
  if (older === undefined) throw new Error('no older head was kept');
  const { stdout } = await run(client, [
    '-log',
    `${author.api.url}/log/${peerId}`,
    '-older',
    String(older.size),
    '-witnesses',
    witnesses.map(({ api }) => `${api.url}/witness`).join(','),
  ]);
  process.stdout.write(stdout);
} finally {
  await rm(folder, { recursive: true, force: true });
}
