// Every instruction the runner runs: its name, how many operands it takes and gives, its immediates, and what it does to NaN
// payloads. Instructions that are not here are refused by name in features.ts. Must not: hold weights (schedule.ts does).

/** What follows the opcode. */
export const NONE = 0;
export const MEMARG = 1;
export const LANE = 2;
export const MEMARG_LANE = 3;
export const BYTES_16 = 4;
export const INDEX = 5;
export const INDEX_2 = 6;
export const LEB_32 = 7;
export const LEB_64 = 8;
/** Immediates that the scanner reads itself. */
export const SPECIAL = 9;

/** What an instruction does to the floats it takes and gives. */
export const PLAIN = 0; // takes no float, or only compares or truncates it; gives bits that are what they are
export const F32 = 1; // arithmetic: a NaN it gives has an unspecified payload
export const F64 = 2;
export const F32X4 = 3;
export const F64X2 = 4;
export const OBSERVE = 5; // copies or stores the exact bits it takes
export const CLEAN = 6; // gives a float that is never a NaN

export interface Instruction {
  readonly name: string;
  readonly pops: number;
  readonly pushes: number;
  readonly immediates: number;
  readonly effect: number;
}

/** Instructions of one opcode space, as parallel arrays for the scanner. */
export class InstructionTable {
  readonly known: (Instruction | undefined)[] = new Array(256).fill(undefined);
  readonly pops = new Uint8Array(256);
  readonly pushes = new Uint8Array(256);
  readonly immediates = new Uint8Array(256);
  readonly effects = new Uint8Array(256);

  /** Adds consecutive opcodes from `code`; `-` leaves one out. */
  add(code: number, names: string, pops: number, pushes: number, immediates = NONE, effect = PLAIN): this {
    for (const name of names.trim().split(/\s+/)) {
      if (name !== '-') {
        this.known[code] = { name, pops, pushes, immediates, effect };
        this.pops[code] = pops;
        this.pushes[code] = pushes;
        this.immediates[code] = immediates;
        this.effects[code] = effect;
      }
      code++;
    }
    return this;
  }
}

const prefixed = (prefix: string, names: string): string =>
  names
    .trim()
    .split(/\s+/)
    .map((name) => (name === '-' ? name : `${prefix}.${name}`))
    .join(' ');

const INTEGER_COMPARE = 'eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const INTEGER_BINARY = 'add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr';
const FLOAT_COMPARE = 'eq ne lt gt le ge';
const FLOAT_BINARY = 'add sub mul div min max';

/** One-byte opcodes. */
export const CORE = new InstructionTable()
  .add(0x00, 'unreachable nop block loop if else', 0, 0, SPECIAL)
  .add(0x0b, 'end br br_if br_table return call call_indirect', 0, 0, SPECIAL)
  .add(0x1a, 'drop', 1, 0)
  .add(0x1b, 'select select_t', 0, 0, SPECIAL)
  .add(0x20, 'local.get local.set local.tee', 0, 0, SPECIAL)
  .add(0x23, 'global.get', 0, 1, INDEX)
  .add(0x24, 'global.set', 1, 0, INDEX, OBSERVE)
  .add(0x25, 'table.get', 1, 1, INDEX)
  .add(0x26, 'table.set', 2, 0, INDEX)
  .add(0x28, 'i32.load i64.load f32.load f64.load', 1, 1, MEMARG)
  .add(0x2c, prefixed('i32', 'load8_s load8_u load16_s load16_u'), 1, 1, MEMARG)
  .add(0x30, prefixed('i64', 'load8_s load8_u load16_s load16_u load32_s load32_u'), 1, 1, MEMARG)
  .add(0x36, 'i32.store i64.store', 2, 0, MEMARG)
  .add(0x38, 'f32.store f64.store', 2, 0, MEMARG, OBSERVE)
  .add(0x3a, 'i32.store8 i32.store16 i64.store8 i64.store16 i64.store32', 2, 0, MEMARG)
  .add(0x3f, 'memory.size', 0, 1, INDEX)
  .add(0x40, 'memory.grow', 1, 1, SPECIAL)
  .add(0x41, 'i32.const', 0, 1, LEB_32)
  .add(0x42, 'i64.const', 0, 1, LEB_64)
  .add(0x43, 'f32.const f64.const', 0, 1, SPECIAL)
  .add(0x45, 'i32.eqz', 1, 1)
  .add(0x46, prefixed('i32', INTEGER_COMPARE), 2, 1)
  .add(0x50, 'i64.eqz', 1, 1)
  .add(0x51, prefixed('i64', INTEGER_COMPARE), 2, 1)
  .add(0x5b, prefixed('f32', FLOAT_COMPARE), 2, 1)
  .add(0x61, prefixed('f64', FLOAT_COMPARE), 2, 1)
  .add(0x67, prefixed('i32', 'clz ctz popcnt'), 1, 1)
  .add(0x6a, prefixed('i32', INTEGER_BINARY), 2, 1)
  .add(0x79, prefixed('i64', 'clz ctz popcnt'), 1, 1)
  .add(0x7c, prefixed('i64', INTEGER_BINARY), 2, 1)
  .add(0x8b, prefixed('f32', 'abs neg'), 1, 1, NONE, OBSERVE)
  .add(0x8d, prefixed('f32', 'ceil floor trunc nearest sqrt'), 1, 1, NONE, F32)
  .add(0x92, prefixed('f32', FLOAT_BINARY), 2, 1, NONE, F32)
  .add(0x98, 'f32.copysign', 2, 1, NONE, OBSERVE)
  .add(0x99, prefixed('f64', 'abs neg'), 1, 1, NONE, OBSERVE)
  .add(0x9b, prefixed('f64', 'ceil floor trunc nearest sqrt'), 1, 1, NONE, F64)
  .add(0xa0, prefixed('f64', FLOAT_BINARY), 2, 1, NONE, F64)
  .add(0xa6, 'f64.copysign', 2, 1, NONE, OBSERVE)
  .add(0xa7, 'i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u', 1, 1)
  .add(0xac, 'i64.extend_i32_s i64.extend_i32_u', 1, 1)
  .add(0xae, prefixed('i64', 'trunc_f32_s trunc_f32_u trunc_f64_s trunc_f64_u'), 1, 1)
  .add(0xb2, prefixed('f32', 'convert_i32_s convert_i32_u convert_i64_s convert_i64_u'), 1, 1, NONE, CLEAN)
  .add(0xb6, 'f32.demote_f64', 1, 1, NONE, F32)
  .add(0xb7, prefixed('f64', 'convert_i32_s convert_i32_u convert_i64_s convert_i64_u'), 1, 1, NONE, CLEAN)
  .add(0xbb, 'f64.promote_f32', 1, 1, NONE, F64)
  .add(0xbc, 'i32.reinterpret_f32 i64.reinterpret_f64', 1, 1, NONE, OBSERVE)
  .add(0xbe, 'f32.reinterpret_i32 f64.reinterpret_i64', 1, 1)
  .add(0xc0, 'i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s', 1, 1)
  .add(0xd0, 'ref.null', 0, 1, SPECIAL)
  .add(0xd1, 'ref.is_null', 1, 1)
  .add(0xd2, 'ref.func', 0, 1, INDEX);

/** Opcodes behind 0xfc: saturating truncation, bulk memory, tables. */
export const MISC = new InstructionTable()
  .add(0, prefixed('i32', 'trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u'), 1, 1)
  .add(4, prefixed('i64', 'trunc_sat_f32_s trunc_sat_f32_u trunc_sat_f64_s trunc_sat_f64_u'), 1, 1)
  .add(8, 'memory.init', 3, 0, INDEX_2)
  .add(9, 'data.drop', 0, 0, INDEX)
  .add(10, 'memory.copy', 3, 0, INDEX_2)
  .add(11, 'memory.fill', 3, 0, INDEX)
  .add(12, 'table.init', 3, 0, INDEX_2)
  .add(13, 'elem.drop', 0, 0, INDEX)
  .add(14, 'table.copy', 3, 0, INDEX_2)
  .add(15, 'table.grow', 2, 1, SPECIAL)
  .add(16, 'table.size', 0, 1, INDEX)
  .add(17, 'table.fill', 3, 0, INDEX);

const SIMD_COMPARE = INTEGER_COMPARE;
const lanes = prefixed;

/** Opcodes behind 0xfd below 256: fixed-width SIMD. Integer lanes see every bit, so OBSERVE is the rule here. */
export const SIMD = new InstructionTable()
  .add(0, lanes('v128', 'load load8x8_s load8x8_u load16x4_s load16x4_u load32x2_s load32x2_u'), 1, 1, MEMARG)
  .add(7, lanes('v128', 'load8_splat load16_splat load32_splat load64_splat'), 1, 1, MEMARG)
  .add(11, 'v128.store', 2, 0, MEMARG, OBSERVE)
  .add(12, 'v128.const', 0, 1, BYTES_16)
  .add(13, 'i8x16.shuffle', 2, 1, BYTES_16, OBSERVE)
  .add(14, 'i8x16.swizzle', 2, 1, NONE, OBSERVE)
  .add(15, 'i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat', 1, 1, NONE, OBSERVE)
  .add(21, 'i8x16.extract_lane_s i8x16.extract_lane_u', 1, 1, LANE, OBSERVE)
  .add(23, 'i8x16.replace_lane', 2, 1, LANE, OBSERVE)
  .add(24, 'i16x8.extract_lane_s i16x8.extract_lane_u', 1, 1, LANE, OBSERVE)
  .add(26, 'i16x8.replace_lane', 2, 1, LANE, OBSERVE)
  .add(27, 'i32x4.extract_lane', 1, 1, LANE, OBSERVE)
  .add(28, 'i32x4.replace_lane', 2, 1, LANE, OBSERVE)
  .add(29, 'i64x2.extract_lane', 1, 1, LANE, OBSERVE)
  .add(30, 'i64x2.replace_lane', 2, 1, LANE, OBSERVE)
  .add(31, 'f32x4.extract_lane', 1, 1, LANE, OBSERVE)
  .add(32, 'f32x4.replace_lane', 2, 1, LANE, OBSERVE)
  .add(33, 'f64x2.extract_lane', 1, 1, LANE, OBSERVE)
  .add(34, 'f64x2.replace_lane', 2, 1, LANE, OBSERVE)
  .add(35, lanes('i8x16', SIMD_COMPARE), 2, 1, NONE, OBSERVE)
  .add(45, lanes('i16x8', SIMD_COMPARE), 2, 1, NONE, OBSERVE)
  .add(55, lanes('i32x4', SIMD_COMPARE), 2, 1, NONE, OBSERVE)
  .add(65, lanes('f32x4', FLOAT_COMPARE), 2, 1, NONE, OBSERVE)
  .add(71, lanes('f64x2', FLOAT_COMPARE), 2, 1, NONE, OBSERVE)
  .add(77, 'v128.not', 1, 1, NONE, OBSERVE)
  .add(78, lanes('v128', 'and andnot or xor'), 2, 1, NONE, OBSERVE)
  .add(82, 'v128.bitselect', 3, 1, NONE, OBSERVE)
  .add(83, 'v128.any_true', 1, 1, NONE, OBSERVE)
  .add(84, lanes('v128', 'load8_lane load16_lane load32_lane load64_lane'), 2, 1, MEMARG_LANE, OBSERVE)
  .add(88, lanes('v128', 'store8_lane store16_lane store32_lane store64_lane'), 2, 0, MEMARG_LANE, OBSERVE)
  .add(92, 'v128.load32_zero v128.load64_zero', 1, 1, MEMARG)
  .add(94, 'f32x4.demote_f64x2_zero', 1, 1, NONE, F32X4)
  .add(95, 'f64x2.promote_low_f32x4', 1, 1, NONE, F64X2)
  .add(96, lanes('i8x16', 'abs neg popcnt all_true bitmask'), 1, 1, NONE, OBSERVE)
  .add(101, lanes('i8x16', 'narrow_i16x8_s narrow_i16x8_u'), 2, 1, NONE, OBSERVE)
  .add(103, lanes('f32x4', 'ceil floor trunc nearest'), 1, 1, NONE, F32X4)
  .add(
    107,
    lanes('i8x16', 'shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u'),
    2,
    1,
    NONE,
    OBSERVE,
  )
  .add(116, lanes('f64x2', 'ceil floor'), 1, 1, NONE, F64X2)
  .add(118, lanes('i8x16', 'min_s min_u max_s max_u'), 2, 1, NONE, OBSERVE)
  .add(122, 'f64x2.trunc', 1, 1, NONE, F64X2)
  .add(123, 'i8x16.avgr_u', 2, 1, NONE, OBSERVE)
  .add(124, 'i16x8.extadd_pairwise_i8x16_s i16x8.extadd_pairwise_i8x16_u', 1, 1, NONE, OBSERVE)
  .add(126, 'i32x4.extadd_pairwise_i16x8_s i32x4.extadd_pairwise_i16x8_u', 1, 1, NONE, OBSERVE)
  .add(128, lanes('i16x8', 'abs neg'), 1, 1, NONE, OBSERVE)
  .add(130, 'i16x8.q15mulr_sat_s', 2, 1, NONE, OBSERVE)
  .add(131, lanes('i16x8', 'all_true bitmask'), 1, 1, NONE, OBSERVE)
  .add(133, lanes('i16x8', 'narrow_i32x4_s narrow_i32x4_u'), 2, 1, NONE, OBSERVE)
  .add(135, lanes('i16x8', 'extend_low_s extend_high_s extend_low_u extend_high_u'), 1, 1, NONE, OBSERVE)
  .add(
    139,
    lanes('i16x8', 'shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u'),
    2,
    1,
    NONE,
    OBSERVE,
  )
  .add(148, 'f64x2.nearest', 1, 1, NONE, F64X2)
  .add(149, lanes('i16x8', 'mul min_s min_u max_s max_u'), 2, 1, NONE, OBSERVE)
  .add(
    155,
    lanes('i16x8', 'avgr_u extmul_low_s extmul_high_s extmul_low_u extmul_high_u'),
    2,
    1,
    NONE,
    OBSERVE,
  )
  .add(160, lanes('i32x4', 'abs neg - all_true bitmask'), 1, 1, NONE, OBSERVE)
  .add(167, lanes('i32x4', 'extend_low_s extend_high_s extend_low_u extend_high_u'), 1, 1, NONE, OBSERVE)
  .add(171, lanes('i32x4', 'shl shr_s shr_u add - - sub'), 2, 1, NONE, OBSERVE)
  .add(181, lanes('i32x4', 'mul min_s min_u max_s max_u dot_i16x8_s'), 2, 1, NONE, OBSERVE)
  .add(188, lanes('i32x4', 'extmul_low_s extmul_high_s extmul_low_u extmul_high_u'), 2, 1, NONE, OBSERVE)
  .add(192, lanes('i64x2', 'abs neg - all_true bitmask'), 1, 1, NONE, OBSERVE)
  .add(199, lanes('i64x2', 'extend_low_s extend_high_s extend_low_u extend_high_u'), 1, 1, NONE, OBSERVE)
  .add(203, lanes('i64x2', 'shl shr_s shr_u add - - sub'), 2, 1, NONE, OBSERVE)
  .add(213, lanes('i64x2', 'mul eq ne lt_s gt_s le_s ge_s'), 2, 1, NONE, OBSERVE)
  .add(220, lanes('i64x2', 'extmul_low_s extmul_high_s extmul_low_u extmul_high_u'), 2, 1, NONE, OBSERVE)
  .add(224, lanes('f32x4', 'abs neg'), 1, 1, NONE, OBSERVE)
  .add(227, 'f32x4.sqrt', 1, 1, NONE, F32X4)
  .add(228, lanes('f32x4', FLOAT_BINARY), 2, 1, NONE, F32X4)
  .add(234, lanes('f32x4', 'pmin pmax'), 2, 1, NONE, OBSERVE)
  .add(236, lanes('f64x2', 'abs neg'), 1, 1, NONE, OBSERVE)
  .add(239, 'f64x2.sqrt', 1, 1, NONE, F64X2)
  .add(240, lanes('f64x2', FLOAT_BINARY), 2, 1, NONE, F64X2)
  .add(246, lanes('f64x2', 'pmin pmax'), 2, 1, NONE, OBSERVE)
  .add(248, 'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u', 1, 1, NONE, OBSERVE)
  .add(250, 'f32x4.convert_i32x4_s f32x4.convert_i32x4_u', 1, 1, NONE, OBSERVE)
  .add(252, 'i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero', 1, 1, NONE, OBSERVE)
  .add(254, 'f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u', 1, 1, NONE, OBSERVE);
