// Files that a person names: read up to their bound, whatever they are, written whole or not at all, and a refusal says why.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskError } from '../../../node/cli/disk-errors.ts';
import { readBounded } from '../../../node/cli/read-file.ts';
import { writeWhole } from '../../../node/cli/write-file.ts';
import { tempTree } from '../../support/temp-tree.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Commands that write in another way: into a home folder that they make, and beside a place that they then rename to. */
const OTHERWISE = ['node/cli/commands/probe-metrics.ts', 'node/cli/commands/up.ts'];

describe('a file that a person names', () => {
  it('is written by every command in the one way that writes it whole, but for the folders of experiments', () => {
    const files = ['node/cli/commands', 'sim/cli', 'relay/cli', 'index-service/cli'].flatMap((folder) =>
      readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
    );
    const torn = files.filter((file) => {
      const calls = readFileSync(join(ROOT, file), 'utf8').match(/\bwriteFile\([^;]*?\)[;.]/gs) ?? [];
      // What must not be there yet is whole or was never begun on.
      return calls.some((call) => !call.includes("flag: 'wx'"));
    });
    assert.deepEqual(
      torn.filter((file) => !OTHERWISE.includes(file)),
      [],
    );
  });

  it('is read whole up to its bound, and not beyond', async () => {
    using tree = tempTree({ 'a.txt': 'hello', 'empty.txt': '' });
    assert.equal(Buffer.from(await readBounded(join(tree.root, 'a.txt'), 5)).toString(), 'hello');
    assert.equal((await readBounded(join(tree.root, 'empty.txt'), 5)).length, 0);
    await assert.rejects(readBounded(join(tree.root, 'a.txt'), 4), { code: 'LIMIT_EXCEEDED' });
  });

  it('is refused with the reason where it cannot be read', async () => {
    using tree = tempTree({ 'folder/a.txt': '' });
    for (const [path, why] of [
      ['none.txt', /none\.txt: there is no such file or folder$/],
      ['folder', /folder: it is a folder$/],
      ['folder/a.txt/b', /b: a part of its path is no folder$/],
    ] as const)
      await assert.rejects(readBounded(join(tree.root, path), 5), { code: 'USAGE', message: why });
  });

  it('is written whole, over what was there, and nothing is left where it can not be', async () => {
    using tree = tempTree({ 'a.txt': 'old', 'folder/b.txt': '' });
    await writeWhole(join(tree.root, 'a.txt'), 'new', 0o600);
    assert.equal(readFileSync(join(tree.root, 'a.txt'), 'utf8'), 'new');
    await assert.rejects(writeWhole(join(tree.root, 'folder'), 'x'), { code: 'EISDIR' });
    await assert.rejects(writeWhole(join(tree.root, 'none/c.txt'), 'x'), { code: 'ENOENT' });
    // A name that is free for the part and not for the whole: the rename is what fails.
    await assert.rejects(writeWhole(join(tree.root, 'a.txt/'), 'x'), { code: 'ENOTDIR' });
    assert.deepEqual(readdirSync(tree.root).sort(), ['a.txt', 'folder']);
    assert.deepEqual(readdirSync(join(tree.root, 'folder')), ['b.txt']);
  });

  it('is told from a disk that is full, and from an error that is not of the disk', () => {
    const of = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });
    const full = diskError(of('ENOSPC', 'write'), 'node.zsbackup');
    assert.deepEqual([full?.code, full?.message], ['STORAGE_FAILED', 'node.zsbackup: the disk is full']);
    assert.equal(diskError(of('ENOSPC', 'write'))?.message, 'write: the disk is full');
    assert.equal(diskError(of('EROFS', 'mkdtemp'), 'home')?.message, 'home: the disk is read-only');
    for (const other of [
      of('ENOENT', 'spawn'),
      of('ENOENT', 'getaddrinfo'),
      of('E2BIG', 'open'),
      new Error(),
      null,
    ])
      assert.equal(diskError(other), undefined);
  });

  if (existsSync('/dev/zero'))
    it('that has no end is given up at its bound', async () => {
      await assert.rejects(readBounded('/dev/zero', 3_000_000), { code: 'LIMIT_EXCEEDED' });
    });
});
