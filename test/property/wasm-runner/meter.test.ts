// Properties of the rewriter: programs give the same results, the same fuel and canonical NaNs; mutants of modules are refused or
// rewritten into valid ones, and never anything else.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { randomStream } from '../../../sim/random.ts';
import { fuzzWasm } from '../../fuzz/wasm-modules.ts';
import { Metered, rawExports, type WasmFunction } from '../../support/metered.ts';
import '../../support/property-seed.ts';
import { randomModule } from '../../support/random-wasm.ts';
import { wat } from '../../support/wat.ts';

const RUNS = 150;
/** `npm run fuzz:wasm` does a million. */
const MUTANTS = 5_000;

const seeds = fc.integer();
const anyF64 = fc.double({ noDefaultInfinity: false });

/** Bytes of a result, NaNs made alike: the raw engine may give any payload. */
function comparable(value: unknown): unknown {
  return Array.isArray(value)
    ? value.map(comparable)
    : typeof value === 'number' && Number.isNaN(value)
      ? 'NaN'
      : value;
}

describe('properties of the meter', () => {
  it('a program without NaN bits gives what it gave before, with a trap where it trapped', () => {
    fc.assert(
      fc.property(seeds, fc.integer(), anyF64, (seed, a, x) => {
        // Without reinterpretation, payloads cannot reach a result that is compared.
        const module = wat(
          randomModule(seed)
            .replaceAll(/\(i32.wrap_i64 \(i64.reinterpret_f64/g, '(i32.wrap_i64 (i64.trunc_sat_f64_s')
            .replaceAll('i32.reinterpret_f32', 'i32.trunc_sat_f32_u'),
        );
        const raw = rawExports(module);
        const metered = new Metered(module);
        let expected: unknown;
        try {
          expected = (raw.f as WasmFunction)(a, x);
        } catch {
          expected = 'trap';
        }
        const ours = metered.run('f', [a, x]);
        assert.deepEqual(comparable(ours.trap === null ? ours.value : 'trap'), comparable(expected));
        assert.equal((metered.exports.g as WebAssembly.Global).value, (raw.g as WebAssembly.Global).value);
      }),
      { numRuns: RUNS },
    );
  });

  it('a program gives the same bytes and fuel in two instances, NaN bits included, and returns its stack', () => {
    fc.assert(
      fc.property(seeds, fc.integer(), anyF64, (seed, a, x) => {
        const module = wat(randomModule(seed));
        const one = new Metered(module).run('f', [a, x]);
        const two = new Metered(module).run('f', [a, x]);
        assert.deepEqual(one.fuel, two.fuel);
        assert.deepEqual(one.memory, two.memory);
        assert.ok(one.fuel > 0n);
        if (one.trap === null) assert.equal(one.stackLeft, BigInt((1 << 20) / 64));
      }),
      { numRuns: RUNS },
    );
  });

  it('with any smaller limit a program ends out of fuel, and with its own fuel it does not', () => {
    fc.assert(
      fc.property(seeds, fc.integer(), fc.double({ min: 0, max: 0.999, noNaN: true }), (seed, a, share) => {
        const module = wat(randomModule(seed));
        const full = new Metered(module).run('f', [a, 1]);
        if (full.trap !== null) return;
        assert.equal(new Metered(module).run('f', [a, 1], full.fuel).trap, null);
        const limit = BigInt(Math.floor(Number(full.fuel) * share));
        assert.ok(new Metered(module).run('f', [a, 1], limit).fuel > limit);
      }),
      { numRuns: RUNS },
    );
  });

  it('mutants are refused with a status, or valid before and after and metered', () => {
    const stream = randomStream(1, 'wasm mutants');
    const result = fuzzWasm({ mutants: MUTANTS, budgetMs: 60_000, draw: (bound) => stream.below(bound) });
    assert.deepEqual(
      result.findings.map(({ detail, module }) => `${detail}: ${module.toBase64()}`),
      [],
    );
    assert.equal(result.mutants, MUTANTS);
    assert.ok(result.ran > MUTANTS / 100);
  });
});
