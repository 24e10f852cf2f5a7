// Runs a function of a module raw and metered, in this process. For modules that import nothing.

import { METER_EXPORTS, meter, packCounter, unpackCounter } from '../../wasm-runner/meter/index.ts';

type Numeric = number | bigint;
export type WasmFunction = (...args: Numeric[]) => Numeric | Numeric[] | undefined;

export const AMPLE_FUEL = 1n << 40n;
const STACK_BYTES = 1 << 20;

export interface Ran {
  readonly value: Numeric | Numeric[] | undefined;
  /** The engine's error, or null. */
  readonly trap: string | null;
  readonly fuel: bigint;
  readonly stackLeft: bigint;
  readonly memory: Uint8Array;
}

/** Exports of the original. */
export function rawExports(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
}

/** A metered instance whose functions can be called one after another. */
export class Metered {
  readonly exports: WebAssembly.Exports;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array<ArrayBuffer>, pagesMax = 16) {
    const metered = meter(bytes).bytes;
    this.bytes = metered;
    this.exports = new WebAssembly.Instance(new WebAssembly.Module(metered)).exports;
    (this.exports[METER_EXPORTS.pagesMax] as WebAssembly.Global).value = pagesMax;
    (this.exports[METER_EXPORTS.elementsLeft] as WebAssembly.Global).value = 1_000;
  }

  run(name: string, args: readonly Numeric[] = [], fuel = AMPLE_FUEL): Ran {
    const counter = this.exports[METER_EXPORTS.counter] as WebAssembly.Global;
    counter.value = packCounter(fuel, STACK_BYTES);
    let value: Ran['value'];
    let trap: string | null = null;
    try {
      value = (this.exports[name] as WasmFunction)(...args);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      trap = error.message;
    }
    const left = unpackCounter(counter.value as bigint);
    const memory = this.exports.memory as WebAssembly.Memory | undefined;
    return {
      value,
      trap,
      fuel: fuel - left.fuel,
      stackLeft: left.stack,
      memory: memory === undefined ? new Uint8Array(0) : new Uint8Array(memory.buffer),
    };
  }
}
