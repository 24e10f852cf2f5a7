// The end of a node: what cannot be tidied away is no reason to leave its work and its database as they are.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TestNodes } from '../../support/nodes.ts';

describe('the end of a node', function () {
  this.timeout(60_000);

  it('is in order where its run file cannot be removed, as on a disk that became read-only', async () => {
    await using nodes = new TestNodes();
    const { node } = await nodes.start('one', { roles: ['boot'] });
    const file = join(nodes.home('one'), 'run.json');
    rmSync(file);
    mkdirSync(join(file, 'in the way'), { recursive: true });
    await nodes.stop('one');
    assert.equal(node.db.status, 'closed');
    assert.deepEqual(node.host.getMultiaddrs(), []);
  });
});
