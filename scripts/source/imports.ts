// Finds every way in which one source file names another: static and type imports, re-exports, dynamic imports,
// require, import.meta.resolve, new URL(…, import.meta.url) and paths joined to import.meta.dirname.

import type { Token } from './tokens.ts';

export type ImportKind = 'static' | 'export' | 'dynamic' | 'require' | 'resolve' | 'url' | 'path';

/** One reference. `specifier` is null when it is computed at run time. */
export interface ImportReference {
  readonly kind: ImportKind;
  readonly specifier: string | null;
  readonly offset: number;
}

/** The package that a bare specifier belongs to: `@a/b/c` is of `@a/b`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** True when the tokens from `at` have exactly these texts. */
export function reads(tokens: readonly Token[], at: number, texts: readonly string[]): boolean {
  return texts.every((text, i) => tokens[at + i]?.text === text);
}

/** Index of the bracket that closes the one at `open`, or the end of the file. */
export function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const text = tokens[at]!.kind === 'punct' ? tokens[at]!.text : '';
    if (text === '(' || text === '{' || text === '[') depth += 1;
    if (text === ')' || text === '}' || text === ']') depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

function importAt(tokens: readonly Token[], at: number): ImportReference | null {
  const { offset } = tokens[at]!;
  if (tokens[at + 1]?.text === '(')
    return { kind: 'dynamic', specifier: tokens[at + 2]?.value ?? null, offset };
  if (reads(tokens, at + 1, ['.', 'meta', '.', 'resolve', '('])) {
    return { kind: 'resolve', specifier: tokens[at + 6]?.value ?? null, offset };
  }
  if (tokens[at + 1]?.text === '.') return null;
  for (let next = at + 1; next < tokens.length; next++) {
    const token = tokens[next]!;
    if (token.kind === 'string') return { kind: 'static', specifier: token.value ?? null, offset };
    if (token.text === ';' || token.text === '(') return null;
  }
  return null;
}

function exportAt(tokens: readonly Token[], at: number): ImportReference | null {
  let next = tokens[at + 1]?.text === 'type' ? at + 2 : at + 1;
  if (tokens[next]?.text === '{') next = closing(tokens, next) + 1;
  else if (tokens[next]?.text === '*') next += tokens[next + 1]?.text === 'as' ? 3 : 1;
  else return null;
  if (tokens[next]?.text !== 'from' || tokens[next + 1]?.kind !== 'string') return null;
  return { kind: 'export', specifier: tokens[next + 1]!.value ?? null, offset: tokens[at]!.offset };
}

function urlAt(tokens: readonly Token[], at: number): ImportReference | null {
  if (!reads(tokens, at, ['new', 'URL', '('])) return null;
  const specifier = tokens[at + 3];
  const comma = specifier?.kind === 'string' && specifier.value === undefined ? null : at + 4;
  if (comma === null || !reads(tokens, comma, [',', 'import', '.', 'meta', '.', 'url'])) return null;
  const name = specifier?.value ?? null;
  // A URL without a scheme, a slash or a dot in front is relative all the same.
  const relative = name !== null && !/^(?:[./]|[a-z][a-z0-9+.-]*:)/i.test(name);
  return { kind: 'url', specifier: relative ? `./${name}` : name, offset: tokens[at]!.offset };
}

// join(import.meta.dirname, '..', 'x') and the like: the string arguments that follow, joined.
function pathAt(tokens: readonly Token[], at: number): ImportReference | null {
  if (!reads(tokens, at, ['import', '.', 'meta', '.', 'dirname', ','])) return null;
  const parts: string[] = [];
  for (let next = at + 6; tokens[next]?.value !== undefined; next += 2) {
    parts.push(tokens[next]!.value!);
    if (tokens[next + 1]?.text !== ',') break;
  }
  if (parts.length === 0) return null;
  return { kind: 'path', specifier: `./${parts.join('/')}`, offset: tokens[at]!.offset };
}

/** Every reference of a token list, in order. */
export function findImports(tokens: readonly Token[]): ImportReference[] {
  const found: (ImportReference | null)[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'name' || tokens[at - 1]?.text === '.' || tokens[at - 1]?.text === '?.') continue;
    if (token.text === 'import') found.push(pathAt(tokens, at) ?? importAt(tokens, at));
    else if (token.text === 'export') found.push(exportAt(tokens, at));
    else if (token.text === 'new') found.push(urlAt(tokens, at));
    else if (
      token.text === 'require' &&
      tokens[at + 1]?.text === '(' &&
      tokens[at + 2]?.value !== undefined
    ) {
      found.push({ kind: 'require', specifier: tokens[at + 2]!.value!, offset: token.offset });
    }
  }
  return found.filter((reference) => reference !== null);
}
