// The repository as the checks see it: a list of files, read and tokenised once. Nothing here judges.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { findImports, type ImportReference } from './imports.ts';
import { lineOf, type Tokens, tokenize } from './tokens.ts';

const IGNORED = new Set(['node_modules', 'dist', 'build', 'coverage', '.git', '.zerostate']);
const SOURCE = /\.(?:ts|mts|js|mjs)$/;
const TEXT =
  /(?:\.(?:ts|mts|js|mjs|json|md|ya?ml|sh|css|html|svg|txt|toml|service|cedar|wat)|\/(?:run|Dockerfile))$/;
/** Recorded inputs of tests: other people's bytes, judged by nobody. And the foreign node of an interop run, whose packages are its own. */
const FIXTURES =
  /^(?:test\/fixtures\/|protocol\/vectors\/.*\.json$|package-lock\.json$|test\/interop\/bitswap\/(?:client\.mjs|package-lock\.json)$)/;

/** A file; `path` is relative to the root, with forward slashes. */
export interface TreeFile {
  readonly path: string;
  readonly bytes: number;
  /** UTF-8 text, read on first use. */
  readonly text: string;
}

/** A TypeScript or JavaScript file with its tokens and references. */
export interface SourceFile extends TreeFile, Tokens {
  readonly imports: readonly ImportReference[];
  line(offset: number): number;
}

export interface Tree {
  readonly root: string;
  readonly files: readonly TreeFile[];
  readonly sources: readonly SourceFile[];
  has(path: string): boolean;
}

/** One finding of a check. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
}

class LazyFile implements SourceFile {
  readonly path: string;
  readonly bytes: number;
  readonly #absolute: string;
  #text: string | undefined;
  #tokens: Tokens | undefined;
  #imports: readonly ImportReference[] | undefined;

  constructor(root: string, path: string) {
    this.path = path;
    this.#absolute = join(root, path);
    this.bytes = statSync(this.#absolute).size;
  }

  get text(): string {
    this.#text ??= readFileSync(this.#absolute, 'utf8');
    return this.#text;
  }

  get #lexed(): Tokens {
    this.#tokens ??= tokenize(this.text);
    return this.#tokens;
  }

  get tokens(): Tokens['tokens'] {
    return this.#lexed.tokens;
  }

  get comments(): Tokens['comments'] {
    return this.#lexed.comments;
  }

  get imports(): readonly ImportReference[] {
    this.#imports ??= findImports(this.tokens);
    return this.#imports;
  }

  line(offset: number): number {
    return lineOf(this.text, offset);
  }
}

function walk(root: string, folder: string, found: string[]): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (IGNORED.has(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) walk(root, path, found);
    else if (entry.isFile()) found.push(path);
  }
}

/** Lists a repository. Symbolic links, build output and data folders are left out. */
export function readTree(root: string): Tree {
  const paths: string[] = [];
  walk(root, '', paths);
  const files = paths.sort().map((path) => new LazyFile(root, path));
  const known = new Set(paths);
  return {
    root,
    files,
    sources: files.filter(({ path }) => SOURCE.test(path) && !FIXTURES.test(path)),
    has: (path) => known.has(path),
  };
}

/** True for files of text that the project wrote itself. */
export function isText(path: string): boolean {
  return TEXT.test(path) && !FIXTURES.test(path);
}

/** Path (relative to the root) that a relative specifier names, or null for a package, a node: module or a URL. */
export function resolveRelative(from: string, specifier: string): string | null {
  if (!/^\.\.?(?:\/|$)/.test(specifier)) return null;
  return posix.normalize(posix.join(posix.dirname(from), specifier)).replace(/\/$/, '');
}

/** Repository root: the folder above scripts/. */
export const REPOSITORY_ROOT: string = dirname(dirname(import.meta.dirname));

/** Prints findings, one a line, and sets the exit code. */
export function report(name: string, findings: readonly Finding[], checked: string): void {
  for (const { path, line, message } of findings) {
    console.error(line === undefined ? `${path}: ${message}` : `${path}:${line}: ${message}`);
  }
  console.log(
    findings.length === 0 ? `${name}: ${checked}, all good` : `${name}: ${findings.length} finding(s)`,
  );
  if (findings.length > 0) process.exitCode = 1;
}
