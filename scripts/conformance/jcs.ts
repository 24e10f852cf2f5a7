// RFC 8785 canonical JSON.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, parseStrictJson } from '../../protocol/json/index.ts';
import { Suite } from './suite.ts';

/** Every input gives the published output, byte for byte, and the output gives itself. */
export function jcs(folder: string): Suite {
  const suite = new Suite('RFC 8785 canonical JSON');
  const root = join(folder, 'jcs/testdata');
  for (const name of readdirSync(join(root, 'input')).sort()) {
    const expected = readFileSync(join(root, 'output', name));
    const hex = readFileSync(join(root, 'outhex', name.replace('.json', '.txt')), 'utf8').replaceAll(
      /\s/g,
      '',
    );
    const made = canonicalJson(parseStrictJson(readFileSync(join(root, 'input', name))));
    suite.check(expected.equals(made), `${name}: another output`);
    suite.check(made.toHex() === hex, `${name}: another output in hexadecimal`);
    suite.check(expected.equals(canonicalJson(parseStrictJson(expected))), `${name}: not a fixed point`);
  }
  return suite;
}
