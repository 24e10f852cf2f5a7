// What doctor advises for a database that takes no writes: room where room is missing, the folder where the folder is.

import assert from 'node:assert/strict';
import { readFileSync, renameSync } from 'node:fs';
import { unusable } from '../../../node/cli/doctor/home-checks.ts';
import { checkHealth } from '../../../node/cli/doctor/node-checks.ts';
import { DURABLE } from '../../../node/storage/index.ts';
import { refused } from '../../support/agents.ts';
import { TestDatabase } from '../../support/log-stores.ts';

/** The remedy for one check that is red. */
function remedyOf(name: string, detail: string): string {
  const [one] = checkHealth({ ok: false, degraded: false, checks: [{ name, ok: false, detail }] });
  return one?.remedy ?? '';
}

describe('remedies of doctor', () => {
  it('ask for the folder of the database where it went away, and not for room', async () => {
    await using folder = new TestDatabase();
    const db = await folder.open();
    renameSync(folder.dir, `${folder.dir}.gone`);
    await assert.rejects(db.put('a', new Uint8Array(1), DURABLE as never), refused('STORAGE_FAILED'));
    const { failure } = db;
    renameSync(`${folder.dir}.gone`, folder.dir);
    await db.end();
    assert.match(remedyOf('disk', `read-only: ${failure?.message}`), /^Put the same folder back/);
    assert.match(remedyOf('database', 'its folder was removed or replaced: x'), /^Put the same folder back/);
  });

  it('name an owner for a folder of others, and not where its disk is read-only', () => {
    const told = (code: string) => {
      const { cause, remedy } = unusable('my-node', code);
      return `${cause}: ${remedy}`;
    };
    assert.match(told('EACCES'), /^this user may not read and write it: .*chown/);
    assert.match(told('EROFS'), /^its disk is read-only: .*mount it for writing/);
    assert.match(told('ENOENT'), /^there is no such folder: .*zerostate init --home my-node$/);
  });

  it('are there for each check that can be red, and for what degrades', () => {
    const source = readFileSync(new URL('../../../node/api/readiness.ts', import.meta.url), 'utf8');
    const names = [...source.matchAll(/\bname(?:: | = )'([a-z ]+)'/g)].map(([, name]) => name as string);
    assert.ok(names.length >= 10);
    for (const name of names)
      assert.doesNotMatch(remedyOf(name, 'x'), /^$|zerostate status shows more/, name);
    const checks = [{ name: 'payments', ok: true, detail: 'degraded: damaged, and left as they are: x' }];
    const [one] = checkHealth({ ok: true, degraded: true, checks });
    assert.match(one?.remedy ?? '', /^zerostate channel list/);
  });

  it('ask for room on a full disk, and for a backup of a database that does not read back', () => {
    assert.match(remedyOf('disk', 'read-only: IO error: No space left on device'), /^Free room/);
    assert.match(remedyOf('database', 'the newest log entry does not read back'), /^Stop the node/);
  });
});
