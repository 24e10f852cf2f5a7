// What metering costs: eight kernels with fuel, stack and NaN accounting, against the same kernels on the bare engine, and against
// the one metering package that npm has.

import { createRequire } from 'node:module';
import { METER_EXPORTS, meter, packCounter } from '../../wasm-runner/meter/index.ts';
import type { Bench } from './bench.ts';
import { geometricMean, type Kernel, kernelBytes, kernels } from './wasm/kernels.ts';

interface MeteringPackage {
  meterWASM(bytes: Buffer, options: { meterType: string }): Uint8Array<ArrayBuffer>;
}

const FUEL = 1n << 42n;
const STACK_BYTES = 1 << 20;

export const bench: Bench = {
  name: 'wasm-overhead',
  summary: 'eight kernels metered (fuel, stack, NaN), against the bare engine and against wasm-metering',
  bar: { sign: '<=', value: 1.3 },
  async run({ compare, report, full }) {
    const raw = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes)).exports as Record<
      string,
      Kernel
    >;
    const ours = new WebAssembly.Instance(new WebAssembly.Module(meter(kernelBytes).bytes)).exports;
    const counter = ours[METER_EXPORTS.counter] as WebAssembly.Global;
    const theirs = wasmMetering();
    const overRaw: number[] = [];
    const overPeer: number[] = [];
    const seconds = full ? 6 : 0.8;
    for (const [name, size, small] of kernels) {
      const metered = ours[name] as unknown as Kernel;
      if (raw[name]!(small) !== runMetered(counter, metered, small))
        throw new Error(`${name} gives another result when metered`);
      const row = await compare({
        case: name,
        sizes: { size },
        seconds,
        peerName: 'bare engine',
        bar: { sign: '<=', value: 2 },
        ours: () => runMetered(counter, metered, size),
        peer: () => raw[name]!(size),
      });
      overRaw.push(row.ratio);
      const against = await compare({
        case: `${name}, against a package`,
        sizes: { size: small },
        seconds,
        peerName: 'wasm-metering',
        bar: { sign: '>=', value: 1 },
        ours: () => runMetered(counter, metered, small),
        peer: () => theirs[name]!(small),
      });
      overPeer.push(against.ratio);
    }
    const summary = (label: string, ratios: readonly number[], bar: number): void => {
      report({
        case: label,
        sizes: { kernels: ratios.length },
        ours: geometricMean(ratios),
        peer: 1,
        peerName: 'bare engine',
        unit: 'x',
        better: 'lower',
        bar: { sign: '<=', value: bar },
      });
    };
    summary('geometric mean', overRaw, 1.3);
    summary(
      'geometric mean without fib',
      overRaw.filter((_, index) => kernels[index]![0] !== 'fib'),
      1.2,
    );
    report({
      case: 'geometric mean, times faster than a package',
      sizes: { kernels: overPeer.length },
      ours: geometricMean(overPeer),
      peer: 1,
      peerName: 'wasm-metering',
      unit: 'x',
      better: 'higher',
      bar: { sign: '>=', value: 5 },
    });
  },
};

function runMetered(counter: WebAssembly.Global, kernel: Kernel, size: number): number {
  counter.value = packCounter(FUEL, STACK_BYTES);
  return kernel(size);
}

function wasmMetering(): Record<string, Kernel> {
  const { meterWASM } = createRequire(import.meta.url)('wasm-metering') as MeteringPackage;
  const metered = meterWASM(Buffer.from(kernelBytes), { meterType: 'i32' });
  // The cheapest import there is: counting would add to the peer's time.
  const usegas = (): void => {};
  return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(metered)), { metering: { usegas } })
    .exports as Record<string, Kernel>;
}
