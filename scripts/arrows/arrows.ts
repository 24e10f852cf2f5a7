// Judges a tree against the rules of rules.ts. Returns findings; prints nothing.

import { isBuiltin } from 'node:module';
import { type ImportReference, packageOf } from '../source/imports.ts';
import { type Finding, resolveRelative, type SourceFile, type Tree } from '../source/tree.ts';
import { findImpurities } from './purity.ts';
import {
  ARROWS,
  COMPOSERS,
  CONSOLE_PREFIX,
  INSIDERS,
  isDoor,
  NATIVE_PORT,
  OPTIONAL_PACKAGE_LOADER,
  PURE_PACKAGES,
  PURE_PREFIXES,
  VIRTUAL_TIME_EXCEPTIONS,
  VIRTUAL_TIME_PREFIXES,
} from './rules.ts';

const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');
const startsWithAny = (path: string, prefixes: readonly string[]): boolean =>
  prefixes.some((prefix) => path.startsWith(prefix));

function judgeBare(file: SourceFile, specifier: string): string | null {
  if (!startsWithAny(file.path, PURE_PREFIXES) || file.path === NATIVE_PORT) return null;
  if (isBuiltin(specifier))
    return `imports ${specifier}: in protocol/ only ${NATIVE_PORT} may import node: modules`;
  const name = packageOf(specifier);
  if (!PURE_PACKAGES.has(name))
    return `imports ${name}, which is not in the list of pure packages for protocol/`;
  if (name === '#crypto' && !file.path.startsWith('protocol/crypto/'))
    return 'imports #crypto: use protocol/crypto/index.ts';
  return null;
}

function judgeRelative(file: SourceFile, reference: ImportReference, target: string): string | null {
  if (target.startsWith('..')) return `reaches outside the repository: ${target}`;
  const from = roomOf(file.path);
  const to = roomOf(target) || (ARROWS[target] === undefined ? '' : target);
  if (file.path.startsWith(CONSOLE_PREFIX) && !target.startsWith(CONSOLE_PREFIX)) {
    return `the console imports ${target}: it may speak to the HTTP API only`;
  }
  if (from === to || to === '') return null;
  if (ARROWS[to] === undefined) {
    return COMPOSERS.has(to) && !COMPOSERS.has(from)
      ? `${from} must not import ${to}: nothing runs back up`
      : null;
  }
  const allowed = ARROWS[from];
  if (allowed !== undefined && !allowed.includes(to)) return `${from} must not import ${to} (${target})`;
  if (allowed === undefined && !COMPOSERS.has(from)) return `${from} is no room and must not import ${to}`;
  const code = reference.kind !== 'url' && reference.kind !== 'path';
  if (!INSIDERS.has(from) && !isDoor(target) && (code || /\.[cm]?[jt]s$/.test(target))) {
    return `reaches past the public door of ${to}: ${target}`;
  }
  return null;
}

function judge(file: SourceFile, reference: ImportReference, tree: Tree): string | null {
  const { specifier, kind } = reference;
  if (specifier === null) {
    const judged =
      ARROWS[roomOf(file.path)] !== undefined && kind !== 'url' && file.path !== OPTIONAL_PACKAGE_LOADER;
    return judged ? `${kind} import of a computed name: the arrows cannot be checked` : null;
  }
  const target = resolveRelative(file.path, specifier);
  if (target === null)
    return specifier.startsWith('/') ? `absolute import ${specifier}` : judgeBare(file, specifier);
  const complaint = judgeRelative(file, reference, target);
  if (complaint !== null) return complaint;
  const code = kind === 'static' || kind === 'export' || kind === 'dynamic';
  return code && !tree.has(target) ? `imports ${target}, which does not exist` : null;
}

/** Every broken arrow, reached-past door and impure use in the tree. */
export function findBrokenArrows(tree: Tree): Finding[] {
  const findings: Finding[] = [];
  for (const file of tree.sources) {
    for (const reference of file.imports) {
      const message = judge(file, reference, tree);
      if (message !== null) findings.push({ path: file.path, line: file.line(reference.offset), message });
    }
    const strict = startsWithAny(file.path, PURE_PREFIXES) && file.path !== NATIVE_PORT;
    const virtual =
      startsWithAny(file.path, VIRTUAL_TIME_PREFIXES) && !startsWithAny(file.path, VIRTUAL_TIME_EXCEPTIONS);
    if (!strict && !virtual) continue;
    for (const { offset, what } of findImpurities(file.tokens, strict)) {
      findings.push({
        path: file.path,
        line: file.line(offset),
        message: `uses ${what}: take it as an argument`,
      });
    }
  }
  return findings;
}
