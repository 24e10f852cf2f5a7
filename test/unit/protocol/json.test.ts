// Strict JSON refuses what lets two readers disagree; canonical JSON is RFC 8785.

import assert from 'node:assert/strict';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../../protocol/bytes/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../../../protocol/json/index.ts';

const refused = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

describe('protocol/json', () => {
  it('reads ordinary JSON, from text and from bytes', () => {
    const text = '{"a":[1,-2.5e3,true,null,"x\\u00e9\\"y:{"],"b":{"a":{}}}';
    assert.deepEqual(parseStrictJson(text), JSON.parse(text));
    assert.deepEqual(parseStrictJson(utf8(text)), JSON.parse(text));
  });

  const invalid: [string, string][] = [
    ['duplicate key', '{"a":1,"a":2}'],
    ['duplicate key, escaped', '{"a":1,"\\u0061":1}'],
    ['duplicate key, nested', '{"x":[{"a":{},"a":{}}]}'],
    ['__proto__', '{"__proto__":{}}'],
    ['lone high surrogate', '"\\ud800"'],
    ['lone low surrogate in a key', '{"\\udc00":1}'],
    ['number out of range', '[1e400]'],
    ['trailing comma', '[1,]'],
    ['trailing bytes', '{} {}'],
    ['comment', '{}//'],
    ['byte order mark', '\ufeff{}'],
    ['empty', ''],
    ['open string', '{"a'],
    ['NaN', 'NaN'],
  ];
  for (const [name, text] of invalid) {
    it(`refuses: ${name}`, () => assert.throws(() => parseStrictJson(text), refused('DECODE_FAILED')));
  }

  it('refuses malformed UTF-8', () => {
    assert.throws(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22)), refused('DECODE_FAILED'));
  });

  it('bounds size and depth before it parses', () => {
    assert.throws(() => parseStrictJson('"abcdef"', { bytesMax: 7 }), refused('LIMIT_EXCEEDED'));
    assert.throws(() => parseStrictJson('[[[]]]', { depthMax: 2 }), refused('LIMIT_EXCEEDED'));
    assert.deepEqual(parseStrictJson('[["[[[["]]', { depthMax: 2 }), [['[[[[']]);
    assert.throws(() => parseStrictJson('['.repeat(1_000_000)), refused('LIMIT_EXCEEDED'));
  });

  it('writes RFC 8785', () => {
    const value = parseStrictJson(
      '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"literals":[null,true,false],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"}',
    );
    const expected =
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}';
    assert.equal(fromUtf8(canonicalJson(value)), expected);
  });

  it('writes every value as the library does, whatever its members are called', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '0',
        '10',
        '9',
        '1a',
        '__proto__',
        'constructor',
        'toString',
        '\u20ac',
        '\ufb33',
        '\ud83d\ude00',
      ),
    );
    const { tree } = fc.letrec<{ tree: JsonValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 5 }),
        fc
          .array(fc.tuple(key, tie('tree')), { maxLength: 6 })
          .map((entries) => Object.fromEntries(entries) as JsonValue),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        assert.equal(fromUtf8(canonicalJson(value)), canonicalize(value));
      }),
    );
    const moved = JSON.parse('{"b":1,"10":[{"9":2,"__proto__":{"z":1,"a":2}}],"1":3}') as JsonValue;
    assert.equal(fromUtf8(canonicalJson(moved)), '{"1":3,"10":[{"9":2,"__proto__":{"a":2,"z":1}}],"b":1}');
  });

  it('refuses to sign what is not JSON', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    for (const value of [
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      { a: undefined },
      [1n],
      new Date(0),
      '\ud800',
      { '\udc00': 1 },
      { a: () => 1 },
      new Array(2),
    ]) {
      assert.throws(() => canonicalJson(value as JsonValue), refused('DECODE_FAILED'));
    }
    assert.throws(() => canonicalJson(loop as JsonValue), refused('LIMIT_EXCEEDED'));
  });
});
