// NaN payloads: canonical wherever arithmetic results can be seen, untouched wherever bits are only copied.

import assert from 'node:assert/strict';
import { AMPLE_FUEL, Metered } from '../../support/metered.ts';
import { wat } from '../../support/wat.ts';

describe('meter: NaNs', () => {
  const bits64 = 'i64.reinterpret_f64';
  const canonical = 0x7ff8000000000000n;
  const run = (text: string, args: (number | bigint)[] = []) => new Metered(wat(text)).run('f', args);

  it('arithmetic gives the canonical one where bits are seen', () => {
    const nan = '(f64.reinterpret_i64 (i64.const 0x7ff800000000dead))';
    for (const op of ['f64.add', 'f64.sub', 'f64.mul', 'f64.div', 'f64.min', 'f64.max']) {
      assert.equal(
        run(`(module (func (export "f") (result i64) (${bits64} (${op} ${nan} (f64.const 1)))))`).value,
        canonical,
        op,
      );
    }
    for (const op of ['f64.sqrt', 'f64.ceil', 'f64.floor', 'f64.trunc', 'f64.nearest']) {
      assert.equal(
        run(`(module (func (export "f") (result i64) (${bits64} (${op} ${nan}))))`).value,
        canonical,
        op,
      );
    }
    assert.equal(
      run(`(module (func (export "f") (result i64) (${bits64} (f64.div (f64.const 0) (f64.const 0)))))`)
        .value,
      canonical,
    );
    assert.equal(
      run('(module (func (export "f") (result i32) (i32.reinterpret_f32 (f32.sqrt (f32.const -1)))))').value,
      0x7fc00000,
    );
    assert.equal(
      run(`(module (func (export "f") (result i32) (i32.reinterpret_f32 (f32.demote_f64 ${nan}))))`).value,
      0x7fc00000,
    );
  });
  it('copies keep their bits', () => {
    assert.equal(
      run(`(module (memory 1) (func (export "f") (result i64) (local f64)
          (i64.store (i32.const 0) (i64.const 0x7ff000000000beef))
          (f64.store (i32.const 8) (f64.load (i32.const 0)))
          (local.set 0 (f64.load (i32.const 8)))
          (f64.store (i32.const 16) (select (local.get 0) (f64.const 1) (i32.const 1)))
          (i64.load (i32.const 16))))`).value,
      0x7ff000000000beefn,
    );
    assert.equal(
      run(
        '(module (func (export "f") (param i64) (result i64) (i64.reinterpret_f64 (f64.neg (f64.reinterpret_i64 (local.get 0))))))',
        [0x7ff8000000000001n],
      ).value,
      BigInt.asIntN(64, 0xfff8000000000001n),
    );
  });
  it('a local that only holds arithmetic is made canonical where it is read', () => {
    assert.equal(
      run(`(module (memory 1) (func (export "f") (result i64) (local f64 f64)
          (local.set 0 (f64.sqrt (f64.const -1))) (local.set 1 (local.get 0)) (local.set 0 (f64.add (local.get 1) (local.get 0)))
          (f64.store (i32.const 0) (local.get 0)) (i64.load (i32.const 0))))`).value,
      canonical,
    );
  });
  it('a local that also holds loaded bits keeps those, and gets canonical results', () => {
    const text = `(module (memory 1) (func (export "f") (param i32) (result i64) (local f64)
        (i64.store (i32.const 0) (i64.const 0x7ff800000000beef))
        (local.set 1 (f64.load (i32.const 0)))
        (if (local.get 0) (then (local.set 1 (f64.sqrt (f64.const -1)))))
        (f64.store (i32.const 8) (local.get 1)) (i64.load (i32.const 8))))`;
    assert.equal(run(text, [0]).value, 0x7ff800000000beefn);
    assert.equal(run(text, [1]).value, canonical);
  });
  it('a parameter that is written gets canonical results', () => {
    const text = `(module (func (export "f") (param f64) (result i64)
      (local.set 0 (f64.sqrt (f64.const -1))) (i64.reinterpret_f64 (local.get 0))))`;
    assert.equal(run(text, [1]).value, canonical);
  });
  it('a local that is copied from one with loaded bits keeps them', () => {
    const text = `(module (memory 1) (func (export "f") (param i32) (result i64) (local $a f64) (local $b f64)
      (i64.store (i32.const 0) (i64.const 0x7ff800000000beef))
      (local.set $a (f64.load (i32.const 0)))
      (local.set $b (local.get $a))
      (if (local.get 0) (then (local.set $b (f64.sqrt (f64.const -1)))))
      (f64.store (i32.const 8) (local.get $b)) (i64.load (i32.const 8))))`;
    assert.equal(run(text, [0]).value, 0x7ff800000000beefn);
    assert.equal(run(text, [1]).value, canonical);
  });
  it('results, block values, globals and arguments are seen', () => {
    const nan = '(f64.sqrt (f64.const -1))';
    const cases = [
      `(module (func $g (result f64) ${nan}) (func (export "f") (result i64) (${bits64} (call $g))))`,
      `(module (func (export "f") (result i64) (${bits64} (block (result f64) ${nan}))))`,
      `(module (func (export "f") (result i64) (${bits64} (block (result f64) (br 0 ${nan})))))`,
      `(module (func (export "f") (result i64) (${bits64} (if (result f64) (i32.const 1) (then ${nan}) (else (f64.const 1))))))`,
      `(module (global $g (mut f64) (f64.const 0)) (func (export "f") (result i64) (global.set $g ${nan}) (${bits64} (global.get $g))))`,
      `(module (func $g (param f64) (result i64) (${bits64} (local.get 0))) (func (export "f") (result i64) (call $g ${nan})))`,
      `(module (func $g (result f64) (return ${nan})) (func (export "f") (result i64) (${bits64} (call $g))))`,
    ];
    for (const text of cases) assert.equal(run(text).value, canonical, text);
  });
  it('lanes of vectors, also where one shape is read as another', () => {
    const f32 = '(f32x4.sqrt (f32x4.splat (f32.const -1)))';
    assert.equal(
      run(`(module (func (export "f") (result i32) (i32x4.extract_lane 2 ${f32})))`).value,
      0x7fc00000,
    );
    assert.equal(
      run(
        `(module (func (export "f") (result i64) (i64x2.extract_lane 1 (f64x2.sqrt (f64x2.splat (f64.const -1))))))`,
      ).value,
      canonical,
    );
    // Two f32 NaNs are a plain f64 of the bits below, so their payloads show through.
    const text = `(module (func (export "f") (result i64) (i64x2.extract_lane 0 (f64x2.min ${f32} (f64x2.splat (f64.const 1e308))))))`;
    assert.equal(run(text).value, 0x7fc000007fc00000n);
  });
  it('fuel does not depend on NaN handling', () => {
    const quiet = new Metered(
      wat('(module (func (export "f") (param f64) (result f64) (f64.add (local.get 0) (f64.const 1))))'),
    );
    assert.equal(quiet.run('f', [1]).fuel, quiet.run('f', [Number.NaN]).fuel);
    assert.equal(quiet.run('f', [1], AMPLE_FUEL).fuel, 6n);
  });
});
