// What "zerostate relay why" takes for the name of a stream, and what it says of anything else.

import assert from 'node:assert/strict';
import { streamName } from '../../../relay/cli/watch.ts';

describe('zerostate relay why', () => {
  it('takes the beginning of a name, and says of anything else what a name is', () => {
    assert.equal(streamName('3F9c'), '3f9c');
    assert.equal(streamName('a'.repeat(32)), 'a'.repeat(32));
    for (const text of ['', '3f9', 'zz-bottom', 'a'.repeat(33), '3f9c/../..'])
      assert.throws(() => streamName(text), /not 4 to 32 of the digits/);
  });
});
