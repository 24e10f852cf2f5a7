// Reads the members of a parsed JSON object one by one, strictly: every member must be known, of its type and within its bound.
// Must run only on bytes whose signature was verified (or that are about to be signed).

import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/index.ts';
import { DECIMAL_DIGITS_MAX } from './limits.ts';
import { timeMs } from './time.ts';

export interface TextRule {
  /** Most characters (UTF-16 units). */
  readonly max: number;
  /** Fewest characters; 1 unless told. */
  readonly min?: number;
  readonly pattern?: RegExp;
}

// Line feed and tab are text; other control characters and bidirectional overrides only serve to deceive who reads.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const DECIMAL = new RegExp(`^(?:0|[1-9]\\d{0,${DECIMAL_DIGITS_MAX - 1}})$`);
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The members of one object, with its path for messages. */
export class Fields {
  readonly object: JsonObject;
  readonly where: string;

  /** Error: DECODE_FAILED when the value is no object or has a member that is not in `known`. */
  constructor(value: JsonValue | undefined, where: string, known: readonly string[]) {
    if (!isJsonObject(value)) throw new ZeroError('DECODE_FAILED', `${where} is not an object`);
    for (const name of Object.keys(value)) {
      if (!known.includes(name))
        throw new ZeroError('DECODE_FAILED', `${where} has the unknown member "${name.slice(0, 60)}"`);
    }
    this.object = value;
    this.where = where;
  }

  /** Throws DECODE_FAILED about one member. */
  refuse(name: string, must: string): never {
    throw new ZeroError('DECODE_FAILED', `${this.where}.${name} ${must}`, {
      details: { field: `${this.where}.${name}` },
    });
  }

  has(name: string): boolean {
    return Object.hasOwn(this.object, name);
  }

  raw(name: string): JsonValue {
    if (!this.has(name)) this.refuse(name, 'is missing');
    return this.object[name] as JsonValue;
  }

  /** Printable text within bounds. */
  text(name: string, rule: TextRule): string {
    return checkText(this.raw(name), rule, (must) => this.refuse(name, must));
  }

  optionalText(name: string, rule: TextRule): string | undefined {
    return this.has(name) ? this.text(name, rule) : undefined;
  }

  nullableText(name: string, rule: TextRule): string | null {
    return this.raw(name) === null ? null : this.text(name, rule);
  }

  /** Exactly this value. */
  constant<T extends string | number | boolean>(name: string, value: T): T {
    if (this.raw(name) !== value) this.refuse(name, `is not ${JSON.stringify(value)}`);
    return value;
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== 'boolean') this.refuse(name, 'is not true or false');
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.raw(name);
    if (!values.includes(value as T)) this.refuse(name, `is none of ${values.join(', ')}`);
    return value as T;
  }

  /** A safe integer between both bounds, inclusive. */
  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.raw(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      this.refuse(name, `is not an integer from ${min} to ${max}`);
    }
    return value;
  }

  /** A non-negative decimal integer as text, without leading zeroes: amounts and fuel outgrow doubles. */
  decimal(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || !DECIMAL.test(value))
      this.refuse(name, `is not a decimal integer of at most ${DECIMAL_DIGITS_MAX} digits`);
    return value;
  }

  /** 'sha256:' and 64 lower-case hexadecimal digits. */
  digest(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || !DIGEST.test(value))
      this.refuse(name, 'is not "sha256:" and 64 hexadecimal digits');
    return value;
  }

  /** A time as text, checked (see timeMs). */
  time(name: string): string {
    const value = this.raw(name);
    if (typeof value !== 'string') this.refuse(name, 'is not a time');
    timeMs(value);
    return value;
  }

  /** An array within bounds; `read` gets each item and its path. */
  list<T>(
    name: string,
    rule: { min?: number; max: number },
    read: (item: JsonValue, where: string) => T,
  ): T[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) this.refuse(name, 'is not an array');
    if (value.length > rule.max || value.length < (rule.min ?? 0))
      this.refuse(name, `has not between ${rule.min ?? 0} and ${rule.max} items`);
    return value.map((item, i) => read(item, `${this.where}.${name}[${i}]`));
  }

  /** An array of different texts. */
  textList(name: string, rule: { min?: number; max: number; item: TextRule }): string[] {
    const list = this.list(name, rule, (item, where) =>
      checkText(item, rule.item, (must) => {
        throw new ZeroError('DECODE_FAILED', `${where} ${must}`, { details: { field: where } });
      }),
    );
    if (new Set(list).size !== list.length) this.refuse(name, 'has the same item twice');
    return list;
  }
}

function checkText(value: JsonValue, rule: TextRule, refuse: (must: string) => never): string {
  if (typeof value !== 'string') return refuse('is not text');
  if (value.length > rule.max || value.length < (rule.min ?? 1))
    return refuse(`has not between ${rule.min ?? 1} and ${rule.max} characters`);
  if (UNPRINTABLE.test(value)) return refuse('has control characters');
  if (rule.pattern !== undefined && !rule.pattern.test(value)) return refuse('has a refused form');
  return value;
}
