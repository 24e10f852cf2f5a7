// Random but valid text modules for the runner's property tests: nested control flow over locals, memory, a global and a callee.
// Loops count down, so that every program ends. The same seed gives the same program.

/** A small generator (mulberry32): quality does not matter, repeatability does. */
function stream(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % bound;
  };
}

const I32 = [
  'add',
  'sub',
  'mul',
  'and',
  'or',
  'xor',
  'shl',
  'shr_s',
  'shr_u',
  'rotl',
  'eq',
  'lt_s',
  'gt_u',
  'div_u',
  'rem_s',
];
const FLOAT = ['add', 'sub', 'mul', 'div', 'min', 'max', 'copysign'];
const UNARY = ['sqrt', 'neg', 'abs', 'ceil', 'floor', 'trunc', 'nearest'];
const CONSTANTS = ['1.5', '-0', 'inf', '-inf', 'nan', 'nan:0x123', '1e300', '0x1p-1074'];

/** A module that exports `f (param i32 f64) (result i32 f64)`, `memory` and the global `g`. */
export function randomModule(seed: number): string {
  const next = stream(seed);
  const pick = <T>(list: readonly T[]): T => list[next(list.length)]!;
  let loops = 0;
  const address = (depth: number): string => `(i32.and ${i32(depth - 1)} (i32.const 0x7ff8))`;

  function i32(depth: number): string {
    if (depth <= 0)
      return pick([
        `(i32.const ${next(2 ** 32) | 0})`,
        `(i32.const ${next(9)})`,
        '(local.get $a)',
        '(local.get $b)',
      ]);
    const sub = (): string => i32(depth - 1);
    switch (next(12)) {
      case 0:
        return `(i32.load offset=${next(64)} ${address(depth)})`;
      case 1:
        return `(i32.wrap_i64 (i64.reinterpret_f64 ${f64(depth - 1)}))`;
      case 2:
        return `(i32.reinterpret_f32 ${f32(depth - 1)})`;
      case 3:
        return `(${pick(['i32.trunc_sat_f64_s', 'i32.trunc_f64_s'])} ${f64(depth - 1)})`;
      case 4:
        return `(f64.${pick(['lt', 'eq', 'ge'])} ${f64(depth - 1)} ${f64(depth - 1)})`;
      case 5:
        return `(if (result i32) ${sub()} (then ${sub()}) (else ${sub()}))`;
      case 6:
        return `(block (result i32) (br_if 0 ${sub()} ${sub()}) (drop) ${statement(depth - 1)} ${sub()})`;
      case 7:
        return `(local.tee ${pick(['$a', '$b'])} ${sub()})`;
      case 8:
        return `(block $c (result i32) (block $d (result i32) (br_table $c $d $c ${sub()} (i32.and ${sub()} (i32.const 3)))) (i32.add (i32.const 1)))`;
      case 9:
        return `(global.get $g)`;
      default:
        return `(i32.${pick(I32)} ${sub()} ${sub()})`;
    }
  }

  function f64(depth: number): string {
    if (depth <= 0) return pick([`(f64.const ${pick(CONSTANTS)})`, '(local.get $x)', '(local.get $z)']);
    const sub = (): string => f64(depth - 1);
    switch (next(10)) {
      case 0:
        return `(f64.load ${address(depth)})`;
      case 1:
        return `(f64.convert_i32_s ${i32(depth - 1)})`;
      case 2:
        return `(f64.promote_f32 ${f32(depth - 1)})`;
      case 3:
        return `(select ${sub()} ${sub()} ${i32(depth - 1)})`;
      case 4:
        return `(call $callee ${i32(depth - 1)} ${sub()})`;
      case 5:
        return `(local.tee ${pick(['$x', '$z'])} ${sub()})`;
      case 6:
        return `(f64.${pick(UNARY)} ${sub()})`;
      case 7:
        return `(f64.reinterpret_i64 (i64.or (i64.const 0x7ff8000000000000) (i64.extend_i32_u ${i32(depth - 1)})))`;
      default:
        return `(f64.${pick(FLOAT)} ${sub()} ${sub()})`;
    }
  }

  function f32(depth: number): string {
    if (depth <= 0) return pick(['(f32.const 0.25)', '(f32.const nan:0x7)', '(local.get $y)']);
    switch (next(4)) {
      case 0:
        return `(f32.demote_f64 ${f64(depth - 1)})`;
      case 1:
        return `(f32.${pick(FLOAT)} ${f32(depth - 1)} ${f32(depth - 1)})`;
      case 2:
        return `(f32.reinterpret_i32 ${i32(depth - 1)})`;
      default:
        return `(local.tee $y ${f32(depth - 1)})`;
    }
  }

  function statement(depth: number): string {
    if (depth <= 0) return pick(['(nop)', `(local.set $a ${i32(1)})`, `(global.set $g ${i32(1)})`]);
    const body = (): string => statement(depth - 1);
    switch (next(12)) {
      case 0:
        return `(i32.store ${address(depth)} ${i32(depth)})`;
      case 1:
        return `(f64.store ${address(depth)} ${f64(depth)})`;
      case 2:
        return `(if ${i32(depth)} (then ${body()}) (else ${body()}))`;
      case 3:
        return `(if ${i32(depth)} (then ${body()}))`;
      case 4:
        return `(block ${body()} (br_if 0 ${i32(depth - 1)}) ${body()})`;
      case 5: {
        if (loops > 2) return body();
        const id = loops++;
        return `(local.set $n${id} (i32.const ${1 + next(5)}))
          (block $out${id} (loop $in${id} ${body()} (br_if $out${id} ${i32(depth - 1)}) ${body()}
            (br_if $in${id} (local.tee $n${id} (i32.shr_u (local.get $n${id}) (i32.const 1))))))`;
      }
      case 6:
        return `(memory.fill ${address(depth)} ${i32(1)} (i32.and ${i32(1)} (i32.const 0xff)))`;
      case 7:
        return `(memory.copy ${address(depth)} ${address(depth)} (i32.and ${i32(1)} (i32.const 0xff)))`;
      case 8:
        return `(local.set ${pick(['$x', '$z'])} ${f64(depth)})`;
      case 9:
        return next(4) === 0 ? `(if ${i32(1)} (then (return ${i32(1)} ${f64(1)})))` : body();
      default:
        return `${body()} ${body()}`;
    }
  }

  const code = `${statement(6)} ${statement(6)} ${i32(3)} ${f64(3)}`;
  return `(module (memory (export "memory") 1) (global $g (export "g") (mut i32) (i32.const 7))
    (func $callee (param $n i32) (param $v f64) (result f64) (local $w f64)
      (local.set $w (f64.mul (local.get $v) (f64.const 0.5)))
      (if (i32.gt_u (local.get $n) (i32.const 1000)) (then (return (local.get $w))))
      (if (i32.eqz (local.get $n)) (then (return (f64.sqrt (local.get $v)))))
      (call $callee (i32.sub (local.get $n) (i32.const 1)) (local.get $w)))
    (func (export "f") (param $a i32) (param $x f64) (result i32 f64)
      (local $b i32) (local $n0 i32) (local $n1 i32) (local $n2 i32) (local $y f32) (local $z f64) ${code}))`;
}
