// Tidy check for dead source: files that no entry point, test, page or package field reaches.

import { posix } from 'node:path';
import { type Finding, resolveRelative, type SourceFile, type Tree } from '../source/tree.ts';

const ENTRY = [
  /^bin\/[^/]+$/,
  /^scripts\/[^/]+$/,
  // A room's command line, for use without the whole program.
  /^[\w-]+\/cli\/main\.ts$/,
  /^test\/.*\.test\.ts$/,
  /^test\/bench\/[^/]+\.bench\.ts$/,
];
/** Files that name source in their own way. */
const NAMING = /(?:\.html|^package\.json|^\.mocharc\.json)$/;
/** Source that others compile or run: examples, and declarations of what the runtime has. */
const ELSEWHERE = /^(?:examples|types)\//;

// Paths that package.json, HTML pages and the like name in strings or attributes; dist/ stands for its source.
function namedPaths(from: string, text: string): string[] {
  const names = [...text.matchAll(/["'(=\s]((?:\.{0,2}\/)?[\w@./-]+\.(?:[cm]?[jt]s))\b/g)].map(
    (match) => match[1]!,
  );
  return names.flatMap((name) => {
    const bare = posix.normalize(name.replace(/^\//, ''));
    const source = bare.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    return [bare, source, posix.normalize(posix.join(posix.dirname(from), bare))];
  });
}

// Every relative path in a string is a reference, also one that is not an import: workers and child processes are started
// by path. A template refers to every file that starts as it does.
function referencesOf(file: SourceFile, sources: readonly SourceFile[]): string[] {
  const joined = file.imports.flatMap(({ specifier }) => (specifier === null ? [] : [specifier]));
  const exact = file.tokens.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const open = file.tokens.flatMap(({ kind, text }) =>
    kind === 'string' && /^`\.\.?\/.*\$\{$/.test(text) ? [text.slice(1, -2)] : [],
  );
  const prefixes = open.map((prefix) => resolveRelative(file.path, prefix) ?? '?');
  return [
    ...[...joined, ...exact].map((specifier) => resolveRelative(file.path, specifier) ?? ''),
    ...prefixes.flatMap((prefix) =>
      sources.filter(({ path }) => path.startsWith(prefix)).map(({ path }) => path),
    ),
  ];
}

/** Source files that nothing reaches. */
export function checkDead(tree: Tree): Finding[] {
  const queue = tree.sources
    .map(({ path }) => path)
    .filter((path) => ENTRY.some((pattern) => pattern.test(path)));
  for (const { path, text } of tree.files.filter((file) => NAMING.test(file.path)))
    queue.push(...namedPaths(path, text));
  const byPath = new Map(tree.sources.map((file) => [file.path, file]));
  const reached = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...referencesOf(file, tree.sources));
  }
  return tree.sources
    .filter(({ path }) => !reached.has(path) && !ELSEWHERE.test(path))
    .map(({ path }) => ({ path, message: 'dead: no entry point, test, page or package field reaches it' }));
}
