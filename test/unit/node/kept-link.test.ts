// Which links a stream may be begun on: none whose other end may have closed it by now.

import assert from 'node:assert/strict';
import { type Kept, mayBegin } from '../../../node/routing/kept-link.ts';
import { LINK_CLOSING_MS, LINK_IDLE_MS } from '../../../node/routing/limits.ts';

const kept = (more: Partial<Record<keyof Kept, unknown>> = {}): Kept =>
  ({
    connection: { status: 'open' },
    link: { attached: true },
    outgoing: false,
    usedAt: 0,
    ...more,
  }) as never;
const ENDING_MS = LINK_IDLE_MS - LINK_CLOSING_MS;

describe('a link on which a stream is to begin', () => {
  it('is not one that the other end, which called, is about to close as nobody uses it', () => {
    assert.equal(mayBegin(kept(), ENDING_MS - 1), true);
    assert.equal(mayBegin(kept(), ENDING_MS), false);
    assert.equal(mayBegin(kept({ usedAt: 1_000 }), ENDING_MS), true);
    // Whoever called closes it itself, and knows when.
    assert.equal(mayBegin(kept({ outgoing: true }), LINK_IDLE_MS), true);
  });

  it('is up; that of the called end has a path besides', () => {
    assert.equal(mayBegin(kept({ connection: undefined, outgoing: true }), 0), false);
    assert.equal(mayBegin(kept({ connection: { status: 'closing' }, outgoing: true }), 0), false);
    const pathless = { link: { attached: false } };
    assert.equal(mayBegin(kept(pathless), 0), false);
    assert.equal(mayBegin(kept({ ...pathless, outgoing: true }), 0), true);
  });
});
