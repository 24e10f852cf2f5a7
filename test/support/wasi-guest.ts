// A guest without code: calls our WASI host.

import { type HostJob, WasiHost } from '../../wasm-runner/wasi/host.ts';
import { WASI_MODULE, WasiImports } from '../../wasm-runner/wasi/imports.ts';
import { type Functions, WasiCaller } from './wasi-caller.ts';

export * from './wasi-caller.ts';

const FUEL = 1n << 62n;
const MEMORY_PAGES = 4;

export class Guest extends WasiCaller {
  readonly host: WasiHost;
  readonly counter = { value: FUEL };

  constructor(job: Partial<HostJob> = {}) {
    const imports = new WasiImports();
    super(
      imports.object[WASI_MODULE] as unknown as Functions,
      new WebAssembly.Memory({ initial: MEMORY_PAGES }),
    );
    this.host = new WasiHost({
      args: [],
      env: {},
      stdin: new Uint8Array(0),
      inputs: {},
      outputBytes: 1 << 20,
      mode: 'deterministic',
      seed: new Uint8Array(32),
      clockOriginNs: 1_000_000n,
      clockStepNs: 10n,
      ...job,
    });
    imports.host = this.host;
    this.host.attach(this.memory, this.counter);
  }

  /** Fuel taken so far, in units. */
  get fuelUsed(): bigint {
    return (FUEL - this.counter.value) >> 20n;
  }
}
