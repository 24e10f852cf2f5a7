// Makes a running kernel of the base64 text that carries it. The compiler's libraries for this project do not describe
// WebAssembly (that comes with a browser's); the few members used here are described below.

export interface KernelMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB; returns the old number of pages. Throws RangeError when there are no more. */
  grow(pages: number): number;
}

interface Engine {
  readonly Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: KernelMemory } },
  ) => { readonly exports: object };
}

const engine = (globalThis as unknown as { readonly WebAssembly: Engine }).WebAssembly;

export const PAGE_BYTES = 65_536;

/** Memory of at least `bytes`; with `maximum` (bytes) it can be shared between threads. */
export function kernelMemory(bytes: number, maximum?: number): KernelMemory {
  const initial = Math.ceil(bytes / PAGE_BYTES);
  if (maximum === undefined) return new engine.Memory({ initial });
  return new engine.Memory({ initial, maximum: Math.ceil(maximum / PAGE_BYTES), shared: true });
}

/** Compiled once a thread: two kernels exist. */
const modules = new Map<string, object>();

/** The exports of a kernel over this memory. */
export function instantiateKernel<Exports extends object>(base64: string, memory: KernelMemory): Exports {
  const module = modules.get(base64) ?? new engine.Module(Uint8Array.fromBase64(base64));
  modules.set(base64, module);
  return new engine.Instance(module, { env: { memory } }).exports as Exports;
}
