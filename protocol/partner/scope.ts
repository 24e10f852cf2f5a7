// What goes to a partner: rules over predicate type, subjects, and paths into the predicate. Pure. A rule only ever adds; what no rule
// names stays here.

import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import type { JsonObject, JsonValue } from '../json/index.ts';
import type { Subject } from '../statement/index.ts';
import { SCOPE_PATTERNS_MAX, SCOPE_RULES_MAX, SCOPE_TEXT_CHARS_MAX } from './limits.ts';

/** One rule. A pattern is exact, or ends with '*' and stands for all that begins so. */
export interface ScopeRule {
  /** Predicate types that the rule is about. */
  readonly predicateTypes: readonly string[];
  /** Names of subjects, or digests as '<algorithm>:<hex>'. */
  readonly subjects: readonly string[];
  /** JSON pointers into the predicate ('/builder/id'); each opens what is below it. '*' opens the whole statement, as it was signed. */
  readonly fields: readonly string[];
}

export type Scope = readonly ScopeRule[];

/** What a scope is asked about. */
export interface ScopeQuestion {
  readonly predicateType: string;
  readonly subjects: readonly Subject[];
}

/** What a partner may see of one statement. */
export interface ScopeVerdict {
  /** The statement as it was signed. */
  readonly whole: boolean;
  /** Indexes of the subjects that may be named. Empty: nothing of the statement is shown. */
  readonly subjects: readonly number[];
  /** Paths into the predicate that are open. */
  readonly fields: readonly string[];
}

/** Everything of everything. */
export const OPEN_SCOPE: Scope = [{ predicateTypes: ['*'], subjects: ['*'], fields: ['*'] }];

const TEXT = { max: SCOPE_TEXT_CHARS_MAX };
const POINTER = /^(?:\/(?:[^~/]|~[01])*)+$/;

function readRule(value: JsonValue, where: string): ScopeRule {
  const fields = new Fields(value, where, ['predicateTypes', 'subjects', 'fields']);
  const list = (name: string, min: number) =>
    fields.textList(name, { min, max: SCOPE_PATTERNS_MAX, item: TEXT });
  const paths = list('fields', 0);
  for (const path of paths)
    if (path !== '*' && !POINTER.test(path))
      fields.refuse('fields', 'has an item that is neither "*" nor a JSON pointer');
  return { predicateTypes: list('predicateTypes', 1), subjects: list('subjects', 1), fields: paths };
}

/** The scope in a parsed value. Throws DECODE_FAILED. */
export function readScope(value: JsonValue, where = 'scope'): Scope {
  const fields = new Fields({ rules: value }, where, ['rules']);
  return fields.list('rules', { max: SCOPE_RULES_MAX }, readRule);
}

/** A scope as JSON. */
export function scopeToJson(scope: Scope): JsonValue {
  return scope.map(({ predicateTypes, subjects, fields }) => ({
    predicateTypes: [...predicateTypes],
    subjects: [...subjects],
    fields: [...fields],
  })) as JsonObject[];
}

function matches(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

/** True when one of the patterns names this subject: by its name, or by one of its digests. */
function namesSubject(patterns: readonly string[], { name, uri, digest }: Subject): boolean {
  const texts = [name, uri, ...Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`)];
  return texts.some((text) => text !== undefined && patterns.some((pattern) => matches(pattern, text)));
}

/** What the scope opens of a statement. The whole is opened only where one rule names every subject. */
export function applyScope(scope: Scope, { predicateType, subjects }: ScopeQuestion): ScopeVerdict {
  const named = new Set<number>();
  const fields = new Set<string>();
  let whole = false;
  for (const rule of scope) {
    if (!rule.predicateTypes.some((pattern) => matches(pattern, predicateType))) continue;
    const hits = subjects.flatMap((subject, i) => (namesSubject(rule.subjects, subject) ? [i] : []));
    if (hits.length === 0) continue;
    for (const i of hits) named.add(i);
    for (const path of rule.fields) {
      if (path !== '*') fields.add(path);
      else if (hits.length === subjects.length) whole = true;
      else fields.add('');
    }
  }
  return { whole, subjects: [...named].sort((a, b) => a - b), fields: [...fields].sort() };
}

/** True when a path into the predicate is opened by one of the paths: it is that path, or below it. '' opens all. */
export function isOpened(path: string, opened: readonly string[]): boolean {
  return opened.some((from) => path === from || path.startsWith(`${from}/`));
}

/** A rule as people write it on a command line: 'TYPES SUBJECTS FIELDS', each a list with commas. Throws USAGE. */
export function parseRule(text: string): ScopeRule {
  const [types = '', subjects = '*', fields = '*', ...more] = text.trim().split(/\s+/);
  if (types === '' || more.length > 0)
    throw new ZeroError('USAGE', 'a rule is "TYPES [SUBJECTS [FIELDS]]", each a list with commas');
  const list = (part: string) => part.split(',').filter((item) => item !== '');
  try {
    return readRule(
      { predicateTypes: list(types), subjects: list(subjects), fields: fields === '-' ? [] : list(fields) },
      'rule',
    );
  } catch (cause) {
    throw new ZeroError('USAGE', (cause as Error).message, { cause });
  }
}
