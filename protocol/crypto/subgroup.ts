// Runs the kernel that tells whether a public key is of the prime-order subgroup (subgroup.as): a twentieth of the time that multiplying by the
// group order takes in plain JavaScript. For the adapter over node:crypto; the pure JavaScript one stays apart, as the second opinion.

import { subgroupKernel } from './kernels/subgroup.ts';
import { isTorsionFreePoint } from './strictness.ts';

/** Pages of 64 KiB: the kernel's numbers take two kilobytes. */
const PAGES = 1;
const POINT_BYTES = 32;

interface Exports {
  input(): number;
  prepare(): void;
  isOfPrimeOrder(): number;
}

/** Of WebAssembly what is used here: the compiler's libraries for this project do not describe it. */
interface Engine {
  readonly Memory: new (limits: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
}

declare const WebAssembly: Engine | undefined;

type Check = (bytes: Uint8Array) => boolean;

function start(): Check {
  // An interpreter without a compiler has none (node --jitless).
  if (typeof WebAssembly === 'undefined') return isTorsionFreePoint;
  const memory = new WebAssembly.Memory({ initial: PAGES });
  const module = new WebAssembly.Module(Uint8Array.fromBase64(subgroupKernel));
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
  kernel.prepare();
  const point = new Uint8Array(memory.buffer, kernel.input(), POINT_BYTES);
  return (bytes) => {
    if (bytes.length !== POINT_BYTES) return false;
    point.set(bytes);
    return kernel.isOfPrimeOrder() === 1;
  };
}

let check: Check | undefined;

/** isTorsionFreePoint by the kernel, which is started with the first point. */
export function isOfPrimeOrder(bytes: Uint8Array): boolean {
  check ??= start();
  return check(bytes);
}
