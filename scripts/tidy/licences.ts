// Tidy check on licences: every package of the lock file has one that is allowed, those that ship and those that only develop. An
// expression (SPDX) is allowed where one side of each OR is, and both of each AND. A new licence is a decision: it is added here.

import type { Finding, Tree } from '../source/tree.ts';
import type { Lock } from './lock.ts';

/** What may ship beside Apache-2.0: they ask for notices, or (MPL) for the source of the package's own files, which npm carries. */
const SHIPPED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'OFL-1.1',
  'Unlicense',
  'Zlib',
]);
/** Nothing of these packages is passed on. */
const DEVELOPMENT = new Set([...SHIPPED, 'CC-BY-4.0', 'PSF-2.0', 'Python-2.0']);
/** Words of an expression: more is no licence but an attack on whoever reads it. */
const WORDS_MAX = 64;

/** Whether an SPDX expression is met by the allowed ids. What cannot be read, and any exception (WITH), is not. */
export function isLicenceAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  if (words.length > WORDS_MAX) return false;
  let at = 0;
  const factor = (): boolean => {
    const word = words[at++];
    if (word !== '(') return word !== undefined && allowed.has(word);
    const value = either();
    return words[at++] === ')' && value;
  };
  const both = (): boolean => {
    let value = factor();
    while (words[at] === 'AND') {
      at++;
      value = factor() && value;
    }
    return value;
  };
  const either = (): boolean => {
    let value = both();
    while (words[at] === 'OR') {
      at++;
      value = both() || value;
    }
    return value;
  };
  const met = either();
  return met && at === words.length;
}

/** Packages whose licence is missing or not allowed. */
export function checkLicences(tree: Tree): Finding[] {
  const path = 'package-lock.json';
  const text = tree.files.find((file) => file.path === path)?.text;
  if (text === undefined) return [];
  return Object.entries((JSON.parse(text) as Lock).packages).flatMap(([key, { dev, license, version }]) => {
    if (key === '' || isLicenceAllowed(license ?? '', dev === true ? DEVELOPMENT : SHIPPED)) return [];
    const name = `${key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length)} ${version ?? ''}`;
    const why = license === undefined ? 'has no licence' : `is licensed ${license}, which is not allowed`;
    return [{ path, message: `${name}${dev === true ? ' (development)' : ''} ${why}` }];
  });
}
