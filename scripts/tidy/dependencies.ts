// Tidy check on packages: each one that package.json lists has a reason in docs/reference/dependencies.md and a use, each one that
// source imports is listed, and what ships does not import what only development installs.

import { isBuiltin } from 'node:module';
import { packageOf } from '../source/imports.ts';
import { type Finding, resolveRelative, type Tree } from '../source/tree.ts';

export const DEPENDENCIES_DOC = 'docs/reference/dependencies.md';
const REASON_CHARS_MIN = 20;
const DEVELOPMENT = /^(?:test|scripts)\//;

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Rows of the document: package name to reason (the last column). */
function reasonsOf(text: string): Map<string, { line: number; reason: string }> {
  const rows = new Map<string, { line: number; reason: string }>();
  for (const [index, raw] of text.split('\n').entries()) {
    const name = /^\|\s*`([^`]+)`\s*\|/.exec(raw)?.[1];
    const reason =
      raw
        .replace(/\|\s*$/, '')
        .split('|')
        .at(-1)
        ?.trim() ?? '';
    if (name !== undefined) rows.set(name, { line: index + 1, reason });
  }
  return rows;
}

// A package is in use when source or a script names it, by import, path or option; types are used by the compiler.
function isNamed(name: string, texts: readonly string[]): boolean {
  return name.startsWith('@types/') || texts.some((text) => text.includes(name));
}

/** Packages that nothing names. */
function unused(tree: Tree, all: ReadonlySet<string>, scripts: readonly string[]): Finding[] {
  const strings = tree.sources.flatMap(({ tokens }) =>
    tokens.filter(({ kind }) => kind === 'string').map(({ text }) => text),
  );
  return [...all]
    .filter((name) => !isNamed(name, strings) && !isNamed(name, scripts))
    .map((name) => ({ path: 'package.json', message: `nothing uses ${name}` }));
}

/** Packages without a reason or a use, reasons without a package, and imports that package.json does not cover. */
export function checkDependencies(tree: Tree): Finding[] {
  const text = (path: string): string => tree.files.find((file) => file.path === path)?.text ?? '';
  const manifest = JSON.parse(text('package.json') || '{}') as PackageFile;
  const shipped = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  const all = new Set([...shipped, ...Object.keys(manifest.devDependencies ?? {})]);
  const reasons = reasonsOf(text(DEPENDENCIES_DOC));
  const findings = unused(tree, all, Object.values(manifest.scripts ?? {}));
  for (const name of all) {
    const row = reasons.get(name);
    if (row === undefined) findings.push({ path: DEPENDENCIES_DOC, message: `no row for ${name}` });
    else if (row.reason.length < REASON_CHARS_MIN) {
      findings.push({ path: DEPENDENCIES_DOC, line: row.line, message: `no reason for ${name}` });
    }
  }
  for (const [name, { line }] of reasons) {
    if (!all.has(name))
      findings.push({ path: DEPENDENCIES_DOC, line, message: `${name} is not in package.json` });
  }
  for (const file of tree.sources.filter(
    ({ path }) => !path.startsWith('examples/') && !path.includes('/static/'),
  )) {
    const listed = DEVELOPMENT.test(file.path) ? all : shipped;
    for (const { specifier, offset } of file.imports) {
      if (specifier === null || /^[#/]/.test(specifier) || isBuiltin(specifier)) continue;
      if (resolveRelative(file.path, specifier) !== null || /^[a-z]+:/.test(specifier)) continue;
      const name = packageOf(specifier);
      if (listed.has(name) || name === 'zerostate') continue;
      const message = all.has(name)
        ? `${name} is a development dependency only`
        : `${name} is not in package.json`;
      findings.push({ path: file.path, line: file.line(offset), message });
    }
  }
  return findings;
}
