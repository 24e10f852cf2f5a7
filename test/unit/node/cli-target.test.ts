// The node that a command means, by its address: what may be a secret in it is neither taken nor said again.

import assert from 'node:assert/strict';
import { resolveTarget } from '../../../node/cli/home.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';

const env = { ZEROSTATE_TOKEN: 't'.repeat(43) };

describe('the address of a node that a command is given', () => {
  it('is taken as it is', async () => {
    const { api } = await resolveTarget({ api: 'http://127.0.0.1:7480/' }, env);
    assert.equal(api, 'http://127.0.0.1:7480');
  });

  it('is refused with a name, a password or a query, and those are not said again', async () => {
    for (const api of [
      'http://me:hunter2@here.example',
      'http://here.example/?token=hunter2',
      'me:hunter2@here',
    ])
      await assert.rejects(resolveTarget({ api }, env), (error) => {
        assert.ok(isZeroError(error) && error.code === 'USAGE');
        assert.doesNotMatch(JSON.stringify(error), /hunter2/);
        assert.match(String(error.hint), /--token-file/);
        return true;
      });
  });
});
