// The rewriter: what is refused by which name, what fuel is charged when, and that results stay the same.

import assert from 'node:assert/strict';
import { SCHEDULE_ID } from '../../../wasm-runner/index.ts';
import {
  meter,
  packCounter,
  Refusal,
  scheduleText,
  unpackCounter,
} from '../../../wasm-runner/meter/index.ts';
import { Metered, rawExports, type WasmFunction } from '../../support/metered.ts';
import { wat } from '../../support/wat.ts';

const refusal = (module: Uint8Array<ArrayBuffer>): string => {
  try {
    meter(module);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    return `${error.status}: ${error.message}`;
  }
};
const func = (body: string): string => `(module (memory 1) (func ${body}))`;

describe('meter', () => {
  it('the weight table has not changed without a new name', () => {
    assert.equal(SCHEDULE_ID, 'zerostate-fuel/1+e9b25cff30003d15');
    assert.ok(scheduleText().startsWith('zerostate-fuel/1\n00 unreachable 0\n'));
  });

  describe('refuses', () => {
    const cases: [name: string, text: string][] = [
      ['threads', '(module (memory 1 2 shared))'],
      ['threads', func('(drop (i32.atomic.load (i32.const 0)))')],
      ['memory64', '(module (memory i64 1))'],
      [
        'relaxed SIMD',
        '(module (func (param v128) (drop (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0)))))',
      ],
      ['exception handling', '(module (tag $t) (func (throw $t)))'],
      ['exception handling', '(module (func (try (do))))'],
      ['tail calls', '(module (func $f (return_call $f)))'],
      ['extended constant expressions', '(module (global i32 (i32.add (i32.const 1) (i32.const 2))))'],
    ];
    for (const [name, text] of cases) {
      it(`${name}: ${text}`, () =>
        assert.equal(refusal(wat(text, false)), `FEATURE_REFUSED: ${name} is not supported`));
    }
    const binary = (...sections: number[][]): Uint8Array<ArrayBuffer> =>
      Uint8Array.from([
        0,
        0x61,
        0x73,
        0x6d,
        1,
        0,
        0,
        0,
        ...sections.flatMap(([id, ...body]) => [id!, body.length, ...body]),
      ]);
    it('multiple memories', () =>
      assert.match(refusal(binary([5, 2, 0, 1, 0, 1])), /FEATURE_REFUSED: multiple memories/));
    it('garbage collection', () =>
      assert.match(refusal(binary([1, 1, 0x5f, 0])), /FEATURE_REFUSED: garbage collection/));
    it('typed function references', () =>
      assert.match(refusal(binary([1, 1, 0x60, 1, 0x64, 0x70, 0])), /FEATURE_REFUSED: typed function/));
    it('components', () =>
      assert.match(
        refusal(Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)),
        /FEATURE_REFUSED: the component model/,
      ));
    it('imports that are no functions', () => {
      assert.match(
        refusal(wat('(module (import "env" "memory" (memory 1)))')),
        /IMPORT_REFUSED: import of memory "env.memory"/,
      );
      assert.match(
        refusal(wat('(module (import "env" "g" (global i32)))')),
        /IMPORT_REFUSED: import of global/,
      );
      assert.match(
        refusal(wat('(module (import "env" "t" (table 1 funcref)))')),
        /IMPORT_REFUSED: import of table/,
      );
    });
    it('what is not a module', () => {
      assert.match(refusal(new Uint8Array(0)), /MODULE_INVALID/);
      assert.match(refusal(Uint8Array.from(Buffer.from('not wasm at all'))), /MODULE_INVALID/);
      assert.match(refusal(wat('(module (func (result i32)))', false)), /MODULE_INVALID: the engine/);
      assert.match(refusal(binary([1, 1, 0x60])), /MODULE_INVALID/);
      assert.match(refusal(binary([3, 0], [1, 0])), /MODULE_INVALID: section 1 out of order/);
    });
    it('a reserved export name', () =>
      assert.match(
        refusal(wat('(module (func (export "zerostate:counter")))')),
        /MODULE_INVALID: export name/,
      ));
    it('more than its fixed bounds', () => {
      assert.match(refusal(wat('(module (table 1 funcref) (func (local i64)))')), /accepted/);
      assert.match(
        refusal(wat(`(module (func ${'(local i64)'.repeat(40_001)}))`)),
        /LIMIT_REFUSED: more than 40000 locals/,
      );
      assert.match(refusal(wat(`(module ${'(table 1 funcref)'.repeat(17)})`)), /LIMIT_REFUSED: 17 tables/);
    });
    it('an operand stack that grows without bound', () => {
      const types = Array.from({ length: 1_000 }, () => 'i32').join(' ');
      const constants = '(i32.const 0)'.repeat(1_000);
      const module = wat(
        `(module (func $f (result ${types}) ${constants}) (func ${'(call $f)'.repeat(300)} unreachable))`,
        false,
      );
      assert.match(refusal(module), /LIMIT_REFUSED: more than 262144 operands/);
    });
  });

  describe('accepts what toolchains emit', () => {
    const cases: [name: string, text: string][] = [
      ['sign extension', func('(drop (i32.extend8_s (i32.const 1)))')],
      ['saturating truncation', func('(drop (i32.trunc_sat_f64_s (f64.const 1)))')],
      [
        'bulk memory',
        '(module (memory 1) (data $d "x") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)))',
      ],
      [
        'reference types',
        '(module (table $t 1 externref) (func (param externref) (table.set $t (i32.const 0) (local.get 0))))',
      ],
      [
        'typed select',
        '(module (func (param funcref) (drop (select (result funcref) (local.get 0) (local.get 0) (i32.const 1)))))',
      ],
      [
        'multi-value',
        '(module (func $f (result i32 i64) (i32.const 1) (i64.const 2)) (func (call $f) drop drop))',
      ],
      [
        'multi-value blocks',
        '(module (func (i32.const 1) (block (param i32) (result i32 i32) (i32.const 2)) drop drop))',
      ],
      [
        'SIMD',
        '(module (func (param v128) (result v128) (f32x4.add (local.get 0) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 0) (local.get 0)))))',
      ],
      ['mutable globals and exports', '(module (global (export "g") (mut i32) (i32.const 1)))'],
    ];
    for (const [name, text] of cases) it(name, () => assert.equal(refusal(wat(text)), 'accepted'));
    it('custom sections, and drops them', () => {
      const plain = wat('(module (func (export "f")))');
      const custom = Uint8Array.from([...plain, 0, 3, 1, 0x78, 0x79]);
      assert.deepEqual(meter(custom).bytes, meter(plain).bytes);
    });
  });

  describe('charges', () => {
    const fuelOf = (text: string, name = 'f', args: number[] = []): bigint =>
      new Metered(wat(text)).run(name, args).fuel;

    it('straight code once, by the weight of its instructions', () => {
      // entry 2, two gets 1 each, mul 2
      assert.equal(
        fuelOf(
          '(module (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))',
          'f',
          [3],
        ),
        6n,
      );
    });
    it('a loop by its turns', () => {
      const text = `(module (func (export "f") (param i32)
        (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`;
      // entry 2; a turn: loop 1, get 1, const 1, sub 1, tee 1, br_if 1
      assert.equal(fuelOf(text, 'f', [1]), 2n + 6n);
      assert.equal(fuelOf(text, 'f', [1000]), 2n + 6000n);
    });
    it('only the branch that is taken', () => {
      const text = `(module (func (export "f") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (i32.div_u (i32.const 8) (i32.const 2))) (else (i32.const 1)))))`;
      assert.equal(fuelOf(text, 'f', [0]), 2n + 1n + 1n + 1n);
      assert.equal(fuelOf(text, 'f', [1]), 2n + 1n + 1n + 10n);
    });
    it('code after a block that is always left at its end together with the code before it', () => {
      const with_ = fuelOf(
        '(module (func (export "f") (param i32) (block (br_if 0 (local.get 0))) (drop (i32.mul (i32.const 2) (i32.const 3)))))',
        'f',
        [1],
      );
      assert.equal(with_, 2n + 2n + 4n);
    });
    it('code after a block only when no branch left it for further out', () => {
      const skip = (inner: string): string =>
        `(module (func (export "f") (param i32) (block $out ${inner} (drop (i32.mul (i32.const 2) (i32.const 3))))))`;
      for (const inner of [
        '(block (br_if $out (local.get 0)))',
        '(block (block (br_if $out (local.get 0))))',
      ]) {
        assert.equal(fuelOf(skip(inner), 'f', [1]), 2n + 2n, inner);
        assert.equal(fuelOf(skip(inner), 'f', [0]), 2n + 2n + 4n, inner);
      }
      const left = `(module (func (export "f") (param i32) (if (local.get 0) (then (return))) (drop (i32.mul (i32.const 2) (i32.const 3)))))`;
      assert.equal(fuelOf(left, 'f', [1]), 2n + 2n);
      assert.equal(fuelOf(left, 'f', [0]), 2n + 2n + 4n);
    });
    it('calls, and what they call', () => {
      assert.equal(fuelOf('(module (func $g) (func (export "f") (call $g)))'), 2n + 6n + 2n);
    });
    it('bulk instructions by length, before they run', () => {
      const module = wat(
        '(module (memory (export "memory") 1) (func (export "f") (param i32) (memory.fill (i32.const 0) (i32.const 7) (local.get 0))))',
      );
      const metered = new Metered(module);
      assert.equal(metered.run('f', [8_000]).fuel - metered.run('f', [0]).fuel, 1_000n);
      const poor = metered.run('f', [65_536], 100n);
      assert.notEqual(poor.trap, null);
      assert.ok(poor.fuel > 100n);
      assert.equal(new Metered(module).run('f', [65_536], 100n).memory[0], 0, 'nothing was filled');
    });
    it('growth of memory by the page, and refuses it above the cap with -1', () => {
      const metered = new Metered(
        wat(
          '(module (memory (export "memory") 1) (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))',
        ),
        4,
      );
      const one = metered.run('f', [1]);
      assert.equal(one.value, 1);
      assert.ok(one.fuel >= 2_048n);
      assert.equal(metered.run('f', [3]).value, -1);
      assert.equal(metered.run('f', [-1]).value, -1);
      assert.equal(metered.run('f', [2]).value, 2);
      assert.equal(metered.run('f', [0]).value, 4);
    });
    it('a trap in a long loop with all turns but the last', () => {
      const metered = new Metered(
        wat(`(module (func (export "f") (param i32)
          (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (drop (i32.div_u (i32.const 1) (local.get 0))) (br 0))))`),
      );
      const { fuel, trap } = metered.run('f', [1_000]);
      assert.notEqual(trap, null);
      assert.ok(fuel > 10_000n, String(fuel));
    });
    it('the stack: taken by depth, given back on every way out', () => {
      const metered = new Metered(
        wat(`(module (func $f (export "f") (param i32) (result i32)
          (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
          (block (br_if 0 (i32.and (local.get 0) (i32.const 1))) (return (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))))`),
      );
      const before = metered.run('f', [0]);
      const deep = metered.run('f', [100]);
      assert.equal(deep.value, 50);
      assert.equal(deep.stackLeft, before.stackLeft);
      assert.equal(deep.stackLeft, BigInt((1 << 20) / 64));
      assert.ok(metered.run('f', [1_000_000]).stackLeft < 0n);
    });
    it('fuel and stack share a word without touching each other', () => {
      for (const [fuel, stack] of [
        [0n, 0],
        [5n, 64],
        [(1n << 43n) - 1n, 16 << 20],
        [-3n, 6_400],
        [7n, -640],
      ] as const) {
        assert.deepEqual(unpackCounter(packCounter(fuel, stack)), { fuel, stack: BigInt(stack / 64) });
      }
    });
  });

  describe('keeps results', () => {
    const same = (text: string, calls: [name: string, args: (number | bigint)[]][]): void => {
      const module = wat(text);
      const raw = rawExports(module);
      const metered = new Metered(module);
      const again = new Metered(module);
      for (const [name, args] of calls) {
        const ours = metered.run(name, args);
        assert.deepEqual(ours.value, (raw[name] as WasmFunction)(...args), `${name}(${args})`);
        assert.deepEqual(ours.fuel, again.run(name, args).fuel);
      }
    };
    it('of a function with several results and an early return', () =>
      same(
        `(module (func (export "f") (param i32) (result i32 i64 i32)
          (loop (if (i32.gt_u (local.get 0) (i32.const 9)) (then (return (local.get 0) (i64.const 7) (i32.const 1))))
            (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0)) unreachable))`,
        [
          ['f', [0]],
          ['f', [50]],
        ],
      ));
    it('of a branch table with a value', () =>
      same(
        `(module (func (export "f") (param i32) (result i32)
          (block $c (result i32) (block $b (result i32) (block $a (result i32)
            (br_table $a $b $c (i32.const 10) (local.get 0))) (i32.add (i32.const 1))) (i32.mul (i32.const 3)))))`,
        [
          ['f', [0]],
          ['f', [1]],
          ['f', [2]],
          ['f', [99]],
        ],
      ));
    it('of a table that grows and is called through', () =>
      same(
        `(module (type $t (func (result i32))) (table $t 1 10 funcref) (elem declare func $one)
          (func $one (result i32) (i32.const 41))
          (func (export "f") (param i32) (result i32) (local i32)
            (local.set 1 (table.grow $t (ref.func $one) (local.get 0)))
            (if (i32.eq (local.get 1) (i32.const -1)) (then (return (i32.const -1))))
            (i32.add (call_indirect $t (type $t) (local.get 1)) (table.size $t))))`,
        [
          ['f', [1]],
          ['f', [20]],
          ['f', [2]],
        ],
      ));
    it('a start function runs when it is called, not before', () => {
      const metered = new Metered(
        wat(
          '(module (global (export "g") (mut i32) (i32.const 0)) (func $s (global.set 0 (i32.const 5))) (start $s))',
        ),
      );
      assert.equal((metered.exports.g as WebAssembly.Global).value, 0);
      metered.run('zerostate:start');
      assert.equal((metered.exports.g as WebAssembly.Global).value, 5);
    });
  });
});
