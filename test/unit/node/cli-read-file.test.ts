// Files that a person names are read up to their bound, whatever they are, and a refusal says why.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readBounded } from '../../../node/cli/read-file.ts';
import { tempTree } from '../../support/temp-tree.ts';

describe('a file that a person names', () => {
  it('is read whole up to its bound, and not beyond', async () => {
    using tree = tempTree({ 'a.txt': 'hello', 'empty.txt': '' });
    assert.equal(Buffer.from(await readBounded(join(tree.root, 'a.txt'), 5)).toString(), 'hello');
    assert.equal((await readBounded(join(tree.root, 'empty.txt'), 5)).length, 0);
    await assert.rejects(readBounded(join(tree.root, 'a.txt'), 4), { code: 'LIMIT_EXCEEDED' });
  });

  it('is refused with the reason where it cannot be read', async () => {
    using tree = tempTree({ 'folder/a.txt': '' });
    for (const [path, why] of [
      ['none.txt', /there is no such file$/],
      ['folder', /it is a folder$/],
    ] as const)
      await assert.rejects(readBounded(join(tree.root, path), 5), { code: 'USAGE', message: why });
  });

  if (existsSync('/dev/zero'))
    it('that has no end is given up at its bound', async () => {
      await assert.rejects(readBounded('/dev/zero', 3_000_000), { code: 'LIMIT_EXCEEDED' });
    });
});
