// Strict CBOR: what another implementation writes is read, and every second spelling is refused.

import assert from 'node:assert/strict';
import * as dagCbor from '@ipld/dag-cbor';
import { CborReader, CborWriter } from '../../../protocol/cbor/index.ts';
import { refuses } from '../../support/codes.ts';

const MAX = Number.MAX_SAFE_INTEGER;
const EDGES = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1];
const reader = (hex: string): CborReader => new CborReader(Uint8Array.fromHex(hex));

describe('strict CBOR', () => {
  it('writes numbers and lengths as another implementation does, and reads them back', () => {
    for (const value of EDGES) {
      const bytes = new CborWriter().int(value).finish();
      assert.equal(bytes.toHex(), Buffer.from(dagCbor.encode(value)).toString('hex'));
      assert.equal(new CborReader(bytes).uint(MAX, 'number'), value);
    }
    for (const length of [0, 23, 24, 255, 256, 65_536]) {
      const bytes = new CborWriter().bytes(new Uint8Array(length)).text('x'.repeat(length)).finish();
      const from = new CborReader(bytes);
      assert.equal(from.bytes(length, 'bytes').length, length);
      assert.equal(from.text(length, 'text').length, length);
      from.end();
    }
    assert.equal(
      new CborWriter().int(-8).int(-1).bool(true).bool(false).null().tag(18).finish().toHex(),
      '2720f5f4f6d2',
    );
  });

  it('refuses lengths that are not in their shortest form, indefinite or reserved ones', () => {
    for (const hex of [
      '1800',
      '1817',
      '190000',
      '1900ff',
      '1a0000ffff',
      '1b00000000ffffffff',
      '1c',
      '1d',
      '1e',
      '1f',
    ]) {
      refuses(() => reader(hex).uint(MAX, 'number'), 'DECODE_FAILED');
    }
    for (const hex of ['5f', '7f', '9f', 'bf', '18', '19ff', '1b00'])
      refuses(() => reader(hex).uint(MAX, 'number'), 'DECODE_FAILED');
  });

  it('refuses what is above its bound, and never rounds', () => {
    refuses(() => reader('1b0020000000000000').uint(MAX, 'number'), 'LIMIT_EXCEEDED');
    refuses(() => reader('1b0020000000000001').uint(MAX, 'number'), 'LIMIT_EXCEEDED');
    refuses(() => reader('1bffffffffffffffff').uint(MAX, 'number'), 'LIMIT_EXCEEDED');
    refuses(() => reader('1864').uint(99, 'number'), 'LIMIT_EXCEEDED');
    refuses(() => reader('5b4000000000000000').bytes(1000, 'bytes'), 'LIMIT_EXCEEDED');
    refuses(() => new CborWriter().int(2 ** 53), 'DECODE_FAILED');
  });

  it('refuses another type, shape, key or length than asked for', () => {
    refuses(() => reader('20').uint(MAX, 'number'), 'DECODE_FAILED');
    refuses(() => reader('4101').text(9, 'text'), 'DECODE_FAILED');
    refuses(() => reader('61ff').text(9, 'text'), 'DECODE_FAILED');
    refuses(() => reader('4201').bytes(9, 'bytes'), 'DECODE_FAILED');
    refuses(() => reader('4101').exactBytes(2, 'bytes'), 'DECODE_FAILED');
    refuses(() => reader('83').tuple(2, 'pair'), 'DECODE_FAILED');
    refuses(() => reader('a3').map(2, 'map'), 'DECODE_FAILED');
    refuses(() => reader('6161').key('b'), 'DECODE_FAILED');
    refuses(() => reader('626161').key('a'), 'DECODE_FAILED');
    refuses(() => reader('26').intKey(-8), 'DECODE_FAILED');
    refuses(() => reader('d1').tag(18, 'tag'), 'DECODE_FAILED');
    refuses(() => reader('f6').bool('flag'), 'DECODE_FAILED');
    refuses(() => reader('f5').null('nothing'), 'DECODE_FAILED');
    refuses(() => reader('0000').end(), 'DECODE_FAILED');
    assert.equal(reader('f6').bytesOrNull(9, 'bytes'), null);
    assert.equal(reader('f6').textOrNull(9, 'text'), null);
    assert.equal(reader('f5').bool('flag'), true);
  });

  it('copies what it reads', () => {
    const bytes = Uint8Array.fromHex('4101');
    const read = new CborReader(bytes).bytes(9, 'bytes');
    bytes[1] = 9;
    assert.deepEqual([...read], [1]);
  });
});
