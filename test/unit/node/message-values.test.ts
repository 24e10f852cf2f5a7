// Messages of strangers that hold a value in every byte are refused before one of them is made; those of the usual form are not counted wrong.

import assert from 'node:assert/strict';
import { encode } from '@ipld/dag-cbor';
import { unwrap } from '../../../node/rpc/answer.ts';
import { decodeCbor, MESSAGE_VALUES_MAX } from '../../../node/rpc/cbor.ts';
import { decodeTaskRequest } from '../../../node/tasks/wire.ts';
import { hasManyValues } from '../../../protocol/cbor/index.ts';
import { refused } from '../../support/agents.ts';

/** A map with one member, a list of so many items of one byte. */
function listOf(count: number, item: number): Uint8Array {
  const bytes = new Uint8Array(9 + count).fill(item);
  bytes.set([0xa1, 0x62, 0x6f, 0x6b, 0x9a]);
  new DataView(bytes.buffer).setUint32(5, count);
  return bytes;
}

describe('values of a message', () => {
  it('are counted without being read: what is too many is refused, in requests and in answers', () => {
    for (const item of [0x00, 0x40, 0x60, 0x80, 0xa0, 0xf6]) {
      const many = listOf(16 * 1024 * 1024, item);
      for (const read of [unwrap, decodeTaskRequest, (bytes: Uint8Array) => decodeCbor(bytes, 'it')])
        assert.throws(() => read(many), refused('LIMIT_EXCEEDED'));
    }
  });

  it('are counted as they are, whatever the length of their heads, and the insides of texts and bytes are none', () => {
    const value = {
      bytes: new Uint8Array(70_000).fill(0x80),
      list: [1, 24, 256, 65_536, 2 ** 40, -1, 1.5, true, null, 'text', { a: [] }],
      text: 'x'.repeat(70_000),
    };
    // One map, three members with their keys, eleven items, and what is in the last of these.
    const count = 1 + 6 + 11 + 2;
    const bytes = encode(value);
    assert.deepEqual([hasManyValues(bytes, count), hasManyValues(bytes, count - 1)], [false, true]);
    assert.deepEqual(decodeCbor(bytes, 'it'), value);
    const most = encode(new Array(MESSAGE_VALUES_MAX - 1).fill(0));
    assert.equal((decodeCbor(most, 'it') as unknown[]).length, MESSAGE_VALUES_MAX - 1);
    assert.throws(
      () => decodeCbor(encode(new Array(MESSAGE_VALUES_MAX).fill(0)), 'it'),
      refused('LIMIT_EXCEEDED'),
    );
  });

  it('end with what is not well formed, which the decoder refuses', () => {
    const endless = new Uint8Array(MESSAGE_VALUES_MAX + 10).fill(0x9f);
    assert.equal(hasManyValues(endless, MESSAGE_VALUES_MAX), false);
    assert.throws(() => decodeCbor(endless, 'it'), refused('DECODE_FAILED'));
    const cut = new Uint8Array(MESSAGE_VALUES_MAX + 10);
    cut.set([0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert.throws(() => decodeCbor(cut, 'it'), refused('DECODE_FAILED'));
  });
});
