// The weight table of fuel, and its id. A changed weight is a changed schedule: receipts name the id, so old ones stay comparable.
// Must not: be edited in place once published; add a new version and keep the old one runnable.

import { CORE, type InstructionTable, MISC, SIMD } from './opcodes.ts';

/** Name of this schedule. The id is this name and the start of the SHA-256 of its text form. */
export const SCHEDULE_NAME = 'zerostate-fuel/1';

/** Weight of every instruction that no row below names. */
const DEFAULT_WEIGHT = 1;

/** Weight of every SIMD instruction that no row below names. */
const DEFAULT_SIMD_WEIGHT = 2;

const WEIGHTS: readonly (readonly [weight: number, names: string])[] = [
  [0, 'unreachable nop block else end return drop'],
  [2, 'global.set table.get table.set memory.size'],
  [2, 'i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u'],
  [2, 'i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u'],
  [2, 'i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32'],
  [2, 'i32.mul i64.mul f32.add f32.sub f32.mul f64.add f64.sub f64.mul'],
  [
    2,
    'f32.ceil f32.floor f32.trunc f32.nearest f64.ceil f64.floor f64.trunc f64.nearest f32.demote_f64 f64.promote_f32',
  ],
  [3, 'f32.min f32.max f64.min f64.max'],
  [4, 'br_table i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u'],
  [4, 'i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u'],
  [6, 'call f32.div f64.div f32.sqrt f64.sqrt'],
  [8, 'i32.div_s i32.div_u i32.rem_s i32.rem_u f32x4.div f64x2.div f32x4.sqrt f64x2.sqrt'],
  [12, 'call_indirect i64.div_s i64.div_u i64.rem_s i64.rem_u'],
  [20, 'memory.init memory.copy memory.fill table.init table.copy table.fill data.drop elem.drop'],
  [200, 'memory.grow table.grow'],
];

/** Charges that depend on a length, and charges of the host. */
export const LENGTH_WEIGHTS = {
  /** One unit per 2^n bytes of memory.copy, memory.fill, memory.init. */
  bulkMemoryShift: 3,
  /** Units per element of table.copy, table.fill, table.init, table.grow: 2^n. */
  bulkTableShift: 1,
  /** Units per page of memory.grow. */
  growPage: 2_048,
  /** Units per page of initial memory, before the first instruction. */
  initialPage: 256,
  /** Units per element of initial tables. */
  initialElement: 1,
  /** One unit per 2^n bytes of the module's data and element segments. */
  segmentShift: 3,
  /** Units per call of a WASI function. */
  hostCall: 100,
  /** One unit per 2^n bytes that a WASI function copies. */
  hostByteShift: 3,
  /** Units per directory entry, path component or poll subscription that a WASI function visits. */
  hostItem: 20,
} as const;

function fill(table: InstructionTable, fallback: number): Uint8Array {
  const named = new Map<string, number>();
  for (const [weight, names] of WEIGHTS) for (const name of names.split(' ')) named.set(name, weight);
  const weights = new Uint8Array(256);
  table.known.forEach((instruction, code) => {
    if (instruction !== undefined) weights[code] = named.get(instruction.name) ?? fallback;
  });
  return weights;
}

/** Weight by one-byte opcode. */
export const CORE_WEIGHTS = fill(CORE, DEFAULT_WEIGHT);
/** Weight by opcode behind 0xfc. */
export const MISC_WEIGHTS = fill(MISC, DEFAULT_WEIGHT);
/** Weight by opcode behind 0xfd. */
export const SIMD_WEIGHTS = fill(SIMD, DEFAULT_SIMD_WEIGHT);

/** Weight of entering a function, on top of the call. */
export const ENTRY_WEIGHT = 2;

/** Every instruction with its opcode bytes and weight, in opcode order: the table that the id is a hash of. */
export function scheduleRows(): { name: string; opcode: string; weight: number }[] {
  const rows = (table: InstructionTable, weights: Uint8Array, prefix: string) =>
    table.known.flatMap((instruction, code) =>
      instruction === undefined
        ? []
        : [
            {
              name: instruction.name,
              opcode: `${prefix}${code.toString(16).padStart(2, '0')}`,
              weight: weights[code]!,
            },
          ],
    );
  return [
    ...rows(CORE, CORE_WEIGHTS, ''),
    ...rows(MISC, MISC_WEIGHTS, 'fc'),
    ...rows(SIMD, SIMD_WEIGHTS, 'fd'),
  ];
}

/** The text whose SHA-256 names the schedule: one `opcode name weight` line each, then the length weights. */
export function scheduleText(): string {
  const lines = scheduleRows().map((row) => `${row.opcode} ${row.name} ${row.weight}`);
  lines.push(`entry ${ENTRY_WEIGHT}`);
  for (const [name, value] of Object.entries(LENGTH_WEIGHTS)) lines.push(`${name} ${value}`);
  return `${SCHEDULE_NAME}\n${lines.join('\n')}\n`;
}
