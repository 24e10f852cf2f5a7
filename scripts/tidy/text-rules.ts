// Tidy checks on words and calls: unfinished work, tests left out, process.exit, markVerified, machine paths.

import { reads } from '../source/imports.ts';
import type { Token } from '../source/tokens.ts';
import { type Finding, isText, type SourceFile, type Tree } from '../source/tree.ts';

// Spelt in two parts so that this file does not find itself.
const UNFINISHED = new RegExp(`\\b(?:${'TO'}DO|${'FIX'}ME|${'XX'}X)\\b`);
const TEST_HOOKS = new Set(['describe', 'context', 'suite', 'it', 'specify', 'test']);
const LEFT_OUT = new Set(['xdescribe', 'xcontext', 'xit', 'xspecify']);
/** A path that exists on one machine only: a home folder, or a folder of somebody's work at the file system's root. */
const MACHINE_PATH = /(?<![\w.}$-])(?:\/(?:home|Users|root|work|mnt|media)\/[\w.-]+|[A-Z]:\\\\?Users\\)/;

function leftOut(tokens: readonly Token[], at: number): string | null {
  const { text } = tokens[at]!;
  const member = tokens[at - 1]?.text === '.';
  const modifier = tokens[at + 1]?.text === '.' ? tokens[at + 2]?.text : undefined;
  const modified = TEST_HOOKS.has(text) && !member && (modifier === 'only' || modifier === 'skip');
  if (modified) return `${text}.${modifier}: every test runs, always`;
  if (text === 'this' && reads(tokens, at + 1, ['.', 'skip', '(']))
    return 'this.skip: every test runs, always';
  return LEFT_OUT.has(text) && !member && tokens[at + 1]?.text === '('
    ? `${text}: every test runs, always`
    : null;
}

function banned(file: SourceFile, tokens: readonly Token[], at: number): string | null {
  const { text } = tokens[at]!;
  const member = tokens[at - 1]?.text === '.';
  if (file.path.startsWith('test/')) {
    const message = leftOut(tokens, at);
    if (message !== null) return message;
  }
  if (
    text === 'process' &&
    !member &&
    reads(tokens, at + 1, ['.', 'exit', '(']) &&
    !file.path.startsWith('bin/')
  ) {
    return 'process.exit outside bin/: set process.exitCode, or throw';
  }
  if (text === 'markVerified' && !file.path.startsWith('protocol/')) {
    return 'markVerified outside protocol/: only a verifier may say that something is verified';
  }
  return null;
}

/** Words and calls that must not stand in the repository. */
export function checkText(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  const source = new Set<string>(tree.sources.map(({ path }) => path));
  for (const file of tree.sources) {
    for (const [at, token] of file.tokens.entries()) {
      const message = token.kind === 'name' ? banned(file, file.tokens, at) : null;
      if (message !== null) findings.push({ path: file.path, line: file.line(token.offset), message });
    }
    for (const comment of file.comments) {
      if (!UNFINISHED.test(comment.text)) continue;
      findings.push({
        path: file.path,
        line: file.line(comment.offset),
        message: 'unfinished work in a comment',
      });
    }
  }
  for (const file of tree.files) {
    if (!isText(file.path)) continue;
    for (const [index, line] of file.text.split('\n').entries()) {
      const path = MACHINE_PATH.exec(line)?.[0];
      if (path !== undefined)
        findings.push({ path: file.path, line: index + 1, message: `machine path ${path}` });
      if (!source.has(file.path) && UNFINISHED.test(line)) {
        findings.push({ path: file.path, line: index + 1, message: 'unfinished work' });
      }
    }
  }
  return findings;
}
