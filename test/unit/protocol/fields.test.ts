// Strict members: every kind of member refuses what is not of its kind, and says which member it was.

import assert from 'node:assert/strict';
import { Fields, timeMs, timeText } from '../../../protocol/fields/index.ts';
import type { JsonValue } from '../../../protocol/json/index.ts';
import { refused } from '../../support/agents.ts';

const of = (value: JsonValue) => new Fields({ m: value }, 'object', ['m']);
const rule = { max: 3 };

describe('protocol/fields', () => {
  const cases: [string, (fields: Fields) => unknown, JsonValue[], JsonValue[]][] = [
    [
      'text',
      (f) => f.text('m', rule),
      ['a', 'a\nb', '€€€'],
      ['', 'abcd', 1, null, [], {}, 'a\u0000', 'a\u202e', '\u009f'],
    ],
    ['text by pattern', (f) => f.text('m', { max: 3, pattern: /^[a-z]+$/ }), ['abc'], ['A', 'a1']],
    ['nullable text', (f) => f.nullableText('m', rule), ['a', null], ['', 1]],
    ['constant', (f) => f.constant('m', 1), [1], ['1', 2, true, null]],
    ['boolean', (f) => f.boolean('m'), [true, false], [0, 'true', null]],
    ['one of', (f) => f.oneOf('m', ['a', 'b']), ['a', 'b'], ['c', 1, null, ['a']]],
    ['integer', (f) => f.integer('m', 1, 9), [1, 9], [0, 10, 1.5, '1', null, 2 ** 53]],
    [
      'decimal',
      (f) => f.decimal('m'),
      ['0', '10', '9'.repeat(22)],
      [0, '', '01', '-1', '1.0', '1e3', '9'.repeat(23), null],
    ],
    [
      'digest',
      (f) => f.digest('m'),
      [`sha256:${'a'.repeat(64)}`],
      [null, 1, 'sha256:', `sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(64)}`, 'a'.repeat(64)],
    ],
    [
      'time',
      (f) => f.time('m'),
      ['2026-01-01T00:00:00Z', '2024-02-29T23:59:59.999Z'],
      [1, null, [], '2026-01-01'],
    ],
    [
      'list',
      (f) => f.list('m', { min: 1, max: 2 }, (item) => item),
      [[1], [1, 2]],
      [[], [1, 2, 3], {}, 'x', null],
    ],
    [
      'list of texts',
      (f) => f.textList('m', { max: 2, item: rule }),
      [[], ['a', 'b']],
      [['a', 'a'], ['a', 1], [''], ['a', 'b', 'c']],
    ],
  ];
  for (const [name, read, good, bad] of cases) {
    it(`${name}: reads its kind and refuses all else`, () => {
      for (const value of good) assert.deepEqual(read(of(value)), value);
      for (const value of bad)
        assert.throws(() => read(of(value)), refused('DECODE_FAILED'), JSON.stringify(value));
      assert.throws(() => read(new Fields({}, 'object', ['m'])), /object\.m is missing/);
    });
  }

  it('refuses unknown members and what is no object, and names the place', () => {
    assert.throws(() => new Fields({ m: 1, n: 2 }, 'object', ['m']), /object has the unknown member "n"/);
    for (const value of [null, 1, 'x', []])
      assert.throws(() => new Fields(value, 'object', []), refused('DECODE_FAILED'));
    assert.throws(() => of(['a', 1]).textList('m', { max: 2, item: rule }), /object\.m\[1\] is not text/);
    assert.equal(of('a').optionalText('n', rule), undefined);
    assert.equal(new Fields({}, 'object', ['constructor']).has('constructor'), false);
  });

  it('reads one spelling of a time, and only days that exist', () => {
    assert.equal(timeMs('1970-01-01T00:00:01Z'), 1_000);
    assert.equal(timeMs('2000-02-29T00:00:00.001Z'), 951_782_400_001);
    const bad = [
      '2026-02-29T00:00:00Z',
      '1900-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
    ];
    const spelled = [
      '2026-01-01T00:00:60Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00+00:00',
      '2026-01-01 00:00:00Z',
      '2026-01-01T00:00:00.1Z',
      '+002026-01-01T00:00:00Z',
    ];
    for (const text of [...bad, ...spelled])
      assert.throws(() => timeMs(text), refused('DECODE_FAILED'), text);
  });

  it('writes a time that it reads back, within the years 0 to 9999', () => {
    for (const ms of [0, -62_167_219_200_000, 253_402_300_799_999, 1_767_225_600_123])
      assert.equal(timeMs(timeText(ms)), ms);
    for (const ms of [Number.NaN, 0.5, -62_167_219_200_001, 253_402_300_800_000])
      assert.throws(() => timeText(ms), refused('DECODE_FAILED'));
  });
});
