// Vectors of strict and canonical JSON.

import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { canonicalJson, parseStrictJson } from '../../protocol/json/index.ts';
import { bytesOf, Cases, hex, type Suite } from './suite.ts';

export function jsonSuite(): Suite {
  const check: Suite['check'] = ({ document }) => fromUtf8(canonicalJson(parseStrictJson(bytesOf(document))));
  const cases = new Cases(check);
  const good = (name: string, text: string): unknown => cases.good(name, { document: hex(utf8(text)) });
  const bad = (name: string, text: string): unknown =>
    cases.bad(name, 'DECODE_FAILED', { document: hex(utf8(text)) });
  good(
    'RFC 8785 section 3.2.2',
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  good(
    'RFC 8785 section 3.2.3: keys by UTF-16 units',
    String.raw`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
  );
  good('white space goes', ' { "b" : 1 ,\n"a" : [ ] } ');
  good('minus zero is zero', '[-0]');
  good('scalars', '"text"');
  good('a name of Object.prototype', '{"constructor":1,"toString":2}');
  bad('duplicate key', '{"a":1,"a":2}');
  bad('duplicate key, one escaped', String.raw`{"a":1,"\u0061":2}`);
  bad('duplicate key, deep', '{"x":[{"y":{"a":1,"b":2,"a":1}}]}');
  bad('lone surrogate in a string', String.raw`["\ud800"]`);
  bad('lone surrogate in a key', String.raw`{"\udc00":1}`);
  bad('__proto__ as a key', '{"__proto__":{}}');
  bad('number out of range', '[1e400]');
  bad('leading zero', '[01]');
  bad('plus sign', '[+1]');
  bad('NaN', '[NaN]');
  bad('trailing comma', '[1,]');
  bad('trailing bytes', '{} {}');
  bad('single quotes', "{'a':1}");
  bad('comment', '/* */ {}');
  bad('control character in a string', '["\u0001"]');
  bad('byte order mark', '\ufeff{}');
  bad('empty', '');
  cases.bad('invalid UTF-8', 'DECODE_FAILED', { document: '22ff22' });
  cases.bad('UTF-8 with an overlong form', 'DECODE_FAILED', { document: '22c0af22' });
  cases.good('64 levels', { document: hex(utf8('['.repeat(64) + ']'.repeat(64))) });
  cases.bad('65 levels', 'LIMIT_EXCEEDED', { document: hex(utf8('['.repeat(65) + ']'.repeat(65))) });
  return {
    name: 'json',
    what: 'Strict JSON is read, and written in canonical form (RFC 8785).',
    input: { document: 'UTF-8 bytes of a document, hexadecimal' },
    output: 'the canonical text',
    check,
    cases: cases.list,
  };
}
