// Takes a statement apart into values with their paths, and puts such values together again. Pure; knows nothing of salts.
// Objects are opened, arrays stay whole: an array with parts left out would say something else than was signed.

import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/index.ts';
import { PATH_CHARS_MAX } from './limits.ts';

/** A value of a statement, and where it stands. */
export interface Part {
  /** JSON pointer into the statement: '/predicateType', '/subject/0', '/predicate/builder/id'. */
  readonly path: string;
  readonly value: JsonValue;
}

/** What of a statement is taken apart. */
export interface Body {
  readonly predicateType: string;
  readonly subject: readonly JsonValue[];
  readonly predicate: JsonObject;
}

/** What can be put together from some of the parts. `subject` keeps their order and not their places. */
export interface PartialBody {
  readonly predicateType?: string;
  readonly subject: readonly JsonValue[];
  readonly predicate: JsonObject;
}

const PREDICATE = '/predicate';

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** True for an object that is opened rather than kept whole. */
function isOpenable({ path, value }: Part): boolean {
  return (
    isJsonObject(value) &&
    Object.keys(value).length > 0 &&
    Object.keys(value).every((name) => path.length + escaped(name).length < PATH_CHARS_MAX)
  );
}

function children({ path, value }: Part): Part[] {
  return Object.keys(value as JsonObject)
    .sort()
    .map((name) => ({ path: `${path}/${escaped(name)}`, value: (value as JsonObject)[name] as JsonValue }));
}

/**
 * The parts of a statement, at most `max`: its type, each subject, and the predicate, opened level by level as far as they are enough.
 * Throws LIMIT_EXCEEDED when its subjects alone are more.
 */
export function splitBody(body: Body, max: number): Part[] {
  const fixed: Part[] = [
    { path: '/predicateType', value: body.predicateType },
    ...body.subject.map((value, i) => ({ path: `/subject/${i}`, value })),
  ];
  if (fixed.length + 1 > max)
    throw new ZeroError('LIMIT_EXCEEDED', `a sealed statement has at most ${max - 2} subjects`);
  let level: Part[] = [{ path: PREDICATE, value: body.predicate }];
  const whole: Part[] = [];
  let count = fixed.length + 1;
  while (level.length > 0) {
    const next: Part[] = [];
    for (const part of level) {
      const inner = isOpenable(part) ? children(part) : [];
      if (inner.length === 0 || count - 1 + inner.length > max) whole.push(part);
      else {
        count += inner.length - 1;
        next.push(...inner);
      }
    }
    level = next;
  }
  return [...fixed, ...whole.sort((a, b) => (a.path < b.path ? -1 : 1))];
}

/** Sets a member that may have any name, '__proto__' too. */
function set(object: JsonObject, name: string, value: JsonValue): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function refuse(message: string): never {
  throw new ZeroError('DISCLOSURE_INVALID', message);
}

/** Puts a part where its path says. `made` holds the objects that were opened: a value that was given whole takes nothing more. */
function place(predicate: JsonObject, made: Set<JsonObject>, { path, value }: Part): void {
  const names = path
    .slice(PREDICATE.length + 1)
    .split('/')
    .map(unescaped);
  let at = predicate;
  for (const name of names.slice(0, -1)) {
    const inner = Object.hasOwn(at, name) ? at[name] : undefined;
    if (inner === undefined) {
      const object: JsonObject = {};
      set(at, name, object);
      made.add(object);
      at = object;
    } else if (isJsonObject(inner) && made.has(inner)) at = inner;
    else refuse(`${path} lies inside another part`);
  }
  const last = names.at(-1) as string;
  if (Object.hasOwn(at, last)) refuse(`${path} is given twice`);
  set(at, last, value);
}

/** Puts parts together. Throws DISCLOSURE_INVALID for paths that no statement has, or that exclude each other. */
export function joinParts(parts: readonly Part[]): PartialBody {
  let predicateType: string | undefined;
  let predicate: JsonObject = {};
  const subjects = new Map<number, JsonValue>();
  const inner = parts.filter(({ path }) => path.startsWith(`${PREDICATE}/`));
  for (const { path, value } of parts) {
    const index = /^\/subject\/(0|[1-9]\d{0,4})$/.exec(path)?.[1];
    if (path === '/predicateType') {
      if (typeof value !== 'string' || predicateType !== undefined)
        refuse('the predicate type is no text, or given twice');
      predicateType = value;
    } else if (index !== undefined) {
      if (subjects.has(Number(index))) refuse(`${path} is given twice`);
      subjects.set(Number(index), value);
    } else if (path === PREDICATE) {
      if (!isJsonObject(value) || inner.length > 0) refuse('the predicate is no object, or given twice');
      predicate = value;
    } else if (!path.startsWith(`${PREDICATE}/`)) refuse(`${path.slice(0, 80)} is no path of a statement`);
  }
  if (parts.filter(({ path }) => path === PREDICATE).length > 1) refuse('the predicate is given twice');
  const made = new Set<JsonObject>();
  for (const part of inner) place(predicate, made, part);
  const subject = [...subjects].sort(([a], [b]) => a - b).map(([, value]) => value);
  return { ...(predicateType === undefined ? {} : { predicateType }), subject, predicate };
}
