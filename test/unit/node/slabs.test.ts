// A small view that is kept holds no more than a small slab.

import assert from 'node:assert/strict';
import { SLAB_BYTES, smallSlabs } from '../../../node/host/slabs.ts';

/** What a slab is larger than it was asked for, so that it can be aligned. */
const ALIGNMENT_MAX = 64;
const VIEW_BYTES = 40;

describe('the slabs of small buffers', () => {
  it('are small from the next one on, so that a view that is kept holds little', () => {
    smallSlabs();
    const old = Buffer.allocUnsafe(VIEW_BYTES).buffer;
    let view = Buffer.allocUnsafe(VIEW_BYTES);
    while (view.buffer === old) view = Buffer.allocUnsafe(VIEW_BYTES);
    assert.ok(view.buffer.byteLength <= SLAB_BYTES + ALIGNMENT_MAX, `${view.buffer.byteLength} bytes`);
  });
});
