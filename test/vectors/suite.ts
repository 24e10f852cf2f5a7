// The shape of our published vectors: the same for every suite, so that another implementation needs one small runner.

import { type ErrorCode, isZeroError } from '../../protocol/errors/index.ts';
import type { JsonObject, JsonValue } from '../../protocol/json/index.ts';

/** Raise it with every change of a vector, and add the new digest to versions.json by `npm run vectors`. */
export const VECTORS_VERSION = 3;

/** One case: what goes in, and what must come out, or with which code it must be refused. */
export type VectorCase =
  | { readonly name: string; readonly valid: true; readonly input: JsonObject; readonly output: JsonValue }
  | { readonly name: string; readonly valid: false; readonly input: JsonObject; readonly code: ErrorCode };

export interface Suite {
  /** File name without .json. */
  readonly name: string;
  /** One sentence: what is checked. */
  readonly what: string;
  /** Member of the input, and what it is. */
  readonly input: Readonly<Record<string, string>>;
  /** What a valid case's output is. */
  readonly output: string;
  /** Does the check on an input. Throws a ZeroError to refuse it. */
  readonly check: (input: JsonObject) => JsonValue;
  readonly cases: readonly VectorCase[];
}

/** Collects the cases of a suite. The author says which are valid; the check must agree, or the vectors are not made. */
export class Cases {
  readonly list: VectorCase[] = [];
  readonly #check: (input: JsonObject) => JsonValue;

  constructor(check: (input: JsonObject) => JsonValue) {
    this.#check = check;
  }

  good(name: string, input: JsonObject): this {
    this.list.push({ name, valid: true, input, output: this.#check(input) });
    return this;
  }

  bad(name: string, code: ErrorCode, input: JsonObject): this {
    const outcome = outcomeOf(this.#check, input);
    if (outcome.code !== code)
      throw new Error(`vector "${name}": expected ${code}, got ${outcome.code ?? 'acceptance'}`);
    this.list.push({ name, valid: false, input, code });
    return this;
  }
}

/** What a check makes of an input. */
export function outcomeOf(
  check: (input: JsonObject) => JsonValue,
  input: JsonObject,
): { code: ErrorCode | null; output: JsonValue } {
  try {
    return { code: null, output: check(input) };
  } catch (error) {
    if (isZeroError(error)) return { code: error.code, output: null };
    throw error;
  }
}

/** Text of a suite's file. */
export function suiteText(suite: Suite): string {
  const { name, what, input, output, cases } = suite;
  const head = { suite: name, version: VECTORS_VERSION, what, input, output };
  // One case a line: a change of one shows as one line.
  const lines = cases.map((each) => `    ${JSON.stringify(each)}`);
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "cases": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

/** Hexadecimal of bytes, for inputs and outputs. */
export function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** Bytes of an input's member. */
export function bytesOf(value: JsonValue | undefined): Uint8Array {
  return Uint8Array.fromHex(value as string);
}

/** Bytes of each text in an input's list. */
export function listOf(value: JsonValue | undefined): Uint8Array[] {
  return (value as string[]).map((each) => Uint8Array.fromHex(each));
}

/** Text with one part replaced; it must be there. */
export function replaced(text: string, part: string | RegExp, by: string): string {
  const out = text.replace(part, by);
  if (out === text) throw new Error(`"${part}" is not in the text`);
  return out;
}
