// Changes to valid inputs: of their bytes, of their JSON, and of their lines. Each knows a little of the structure, so that what it
// makes gets past the first check more often than noise does.

import type { RandomStream } from '../../sim/random.ts';

/** Makes another input out of valid ones. */
export type Mutator = (valid: Uint8Array, random: RandomStream, others: readonly Uint8Array[]) => Uint8Array;

const INTERESTING = [
  0x00, 0x01, 0x17, 0x18, 0x1b, 0x20, 0x40, 0x5f, 0x7f, 0x80, 0x9f, 0xa3, 0xf5, 0xf6, 0xfb, 0xff,
];
const NUMBERS = [
  '0',
  '-0',
  '-1',
  '01',
  '1e999',
  '9007199254740993',
  '18446744073709551616',
  '4611686018427387904',
  '1.5',
  'null',
];

function pick<T>(random: RandomStream, list: readonly T[]): T {
  return list[random.below(list.length)]!;
}

function splice(bytes: Uint8Array, at: number, remove: number, insert: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length, at + remove);
  const out = new Uint8Array(at + insert.length + bytes.length - end);
  out.set(bytes.subarray(0, at));
  out.set(insert, at);
  out.set(bytes.subarray(end), at + insert.length);
  return out;
}

const flipBit: Mutator = (valid, random) => {
  const out = valid.slice();
  if (out.length > 0) out[random.below(out.length)]! ^= 1 << random.below(8);
  return out;
};

const setByte: Mutator = (valid, random) => {
  const out = valid.slice();
  if (out.length > 0) out[random.below(out.length)] = pick(random, INTERESTING);
  return out;
};

const truncate: Mutator = (valid, random) => valid.slice(0, random.below(valid.length + 1));
const extend: Mutator = (valid, random) => splice(valid, valid.length, 0, random.bytes(1 + random.below(40)));
const remove: Mutator = (valid, random) =>
  splice(valid, random.below(valid.length + 1), 1 + random.below(8), new Uint8Array(0));
const insert: Mutator = (valid, random) =>
  splice(valid, random.below(valid.length + 1), 0, random.bytes(1 + random.below(8)));

const repeat: Mutator = (valid, random) => {
  const at = random.below(valid.length + 1);
  return splice(valid, at, 0, valid.subarray(at, at + 1 + random.below(64)));
};

/** A part of another valid input in place of a part of this one, at the same place. */
const cross: Mutator = (valid, random, others) => {
  const at = random.below(valid.length + 1);
  const length = 1 + random.below(200);
  return splice(valid, at, length, pick(random, others).subarray(at, at + length));
};

const tail: Mutator = (valid, random, others) => {
  const at = random.below(valid.length + 1);
  return splice(valid, at, valid.length, pick(random, others).subarray(at));
};

/** Mutators for any bytes. */
export const BYTE_MUTATORS: readonly Mutator[] = [
  flipBit,
  flipBit,
  setByte,
  truncate,
  extend,
  remove,
  insert,
  repeat,
  cross,
  tail,
];

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Works on the text; invalid UTF-8 is left to the byte mutators. */
function onText(change: (text: string, random: RandomStream, others: readonly string[]) => string): Mutator {
  return (valid, random, others) =>
    encoder.encode(
      change(
        decoder.decode(valid),
        random,
        others.map((other) => decoder.decode(other)),
      ),
    );
}

const swapLines = onText((text, random) => {
  const lines = text.split('\n');
  const [a, b] = [random.below(lines.length), random.below(lines.length)];
  [lines[a], lines[b]] = [lines[b]!, lines[a]!];
  return lines.join('\n');
});

const repeatLine = onText((text, random) => {
  const lines = text.split('\n');
  const at = random.below(lines.length);
  lines.splice(at, 0, lines[random.below(lines.length)]!);
  return lines.join('\n');
});

const dropLine = onText((text, random) => {
  const lines = text.split('\n');
  lines.splice(random.below(lines.length), 1);
  return lines.join('\n');
});

const foreignLine = onText((text, random, others) => {
  const lines = text.split('\n');
  lines[random.below(lines.length)] = pick(random, pick(random, others).split('\n'));
  return lines.join('\n');
});

const otherNumber = onText((text, random) => {
  const numbers = [...text.matchAll(/(?<![A-Za-z0-9+/=])\d+(?![A-Za-z0-9+/=])/g)];
  if (numbers.length === 0) return text;
  const { index, 0: found } = pick(random, numbers);
  return text.slice(0, index) + pick(random, NUMBERS) + text.slice(index + found.length);
});

/** Mutators for text of lines: notes, proofs, policies. */
export const LINE_MUTATORS: readonly Mutator[] = [
  ...BYTE_MUTATORS,
  swapLines,
  repeatLine,
  dropLine,
  foreignLine,
  otherNumber,
];

/** Every place in a JSON text where a member or item begins, found without parsing: quotes before a colon. */
const repeatMember = onText((text, random) => {
  const members = [...text.matchAll(/"(?:[^"\\]|\\.)*":/g)];
  if (members.length === 0) return text;
  const { index, 0: found } = pick(random, members);
  return `${text.slice(0, index)}${found}${pick(random, ['0', 'null', '""', '{}', '[]'])},${text.slice(index)}`;
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function places(value: Json, found: { holder: Json[] | { [key: string]: Json }; key: string }[]): void {
  if (typeof value !== 'object' || value === null) return;
  for (const key of Object.keys(value)) {
    found.push({ holder: value, key });
    places((value as { [key: string]: Json })[key]!, found);
  }
}

/** Changes one value of a JSON document: its type, its place, its case, its depth. */
const otherValue: Mutator = (valid, random, others) => {
  let value: Json;
  let other: Json;
  try {
    value = JSON.parse(decoder.decode(valid)) as Json;
    other = JSON.parse(decoder.decode(pick(random, others))) as Json;
  } catch {
    return flipBit(valid, random, others);
  }
  const found: { holder: Json[] | { [key: string]: Json }; key: string }[] = [];
  const foreign: typeof found = [];
  places(value, found);
  places(other, foreign);
  if (found.length === 0 || foreign.length === 0) return flipBit(valid, random, others);
  const { holder, key } = pick(random, found);
  const target = holder as { [key: string]: Json };
  const old = target[key]!;
  const from = pick(random, foreign);
  const same = foreign.filter((each) => each.key === key);
  const changes: (() => void)[] = [
    () => delete target[key],
    () => (target[key] = pick<Json>(random, [null, true, 0, -1, 2 ** 53, '', [], {}])),
    () => (target[key] = (from.holder as { [key: string]: Json })[from.key]!),
    () =>
      (target[key] = same.length === 0 ? null : (pick(random, same).holder as { [key: string]: Json })[key]!),
    () => (target[key] = [old]),
    () => (target[key] = typeof old === 'string' ? old.toUpperCase() : { value: old }),
    () => (target[key] = typeof old === 'string' ? `${old} ` : old),
    () => (target[`${key}x`] = old),
    () => (target[key] = Array.from({ length: 200 }).reduce<Json>((inner) => [inner], old)),
  ];
  pick(random, changes)();
  return encoder.encode(JSON.stringify(value));
};

/** Mutators for JSON files. */
export const JSON_MUTATORS: readonly Mutator[] = [
  ...BYTE_MUTATORS,
  repeatMember,
  otherNumber,
  otherValue,
  otherValue,
  otherValue,
  otherValue,
];

/** One to three changes in a row. */
export function mutate(
  valid: Uint8Array,
  mutators: readonly Mutator[],
  random: RandomStream,
  others: readonly Uint8Array[],
): Uint8Array {
  let out = pick(random, mutators)(valid, random, others);
  while (random.below(4) === 0) out = pick(random, mutators)(out, random, others);
  return out;
}
