// Tidy checks on whole files: a first comment that says what the file is for, and a bounded size.

import type { Finding, Tree } from '../source/tree.ts';
import { SIZE_EXCEPTIONS } from './exceptions.ts';

/** Largest source file: beyond this nobody reads a file whole. */
export const SOURCE_BYTES_MAX = 12_000;
/** Largest test file: tables of cases are long and easy to read. */
const TEST_BYTES_MAX = 16_000;
/** Shorter first comments say nothing. */
const HEADER_CHARS_MIN = 24;

/** Files that open without a comment that says what they are for. */
export function checkHeaders(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text, comments } of tree.sources) {
    const start = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
    const first = comments[0];
    const opens = first !== undefined && text.slice(start, first.offset).trim() === '';
    if (opens && first.text.length >= HEADER_CHARS_MIN) continue;
    findings.push({ path, line: 1, message: 'the first lines do not say what the file is for' });
  }
  return findings;
}

/** Files over the bound, and exceptions that are no longer needed. */
export function checkSizes(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const { path, bytes } of tree.sources) {
    const exception = SIZE_EXCEPTIONS[path];
    const usual = path.endsWith('.test.ts') ? TEST_BYTES_MAX : SOURCE_BYTES_MAX;
    const max = exception?.bytesMax ?? usual;
    if (bytes > max) findings.push({ path, message: `${bytes} bytes, more than ${max}: split it` });
    else if (exception !== undefined && bytes <= usual) {
      findings.push({ path, message: 'small enough now: remove it from scripts/tidy/exceptions.ts' });
    }
  }
  return findings;
}
