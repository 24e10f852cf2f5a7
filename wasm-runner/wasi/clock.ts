// The clocks a guest sees. Virtual: time stands still but for one step a call and for what poll waits. Real: the machine's, and then
// the run is not a function of its job. Must not: be read by anything but the host.

export interface GuestClock {
  /** Nanoseconds since the Unix epoch; counts as a call. */
  realtime(): bigint;
  /** Nanoseconds since the run began; counts as a call. */
  monotonic(): bigint;
  /** Nanoseconds since the epoch for file times; does not count. */
  stamp(): bigint;
  /** Lets at least this many nanoseconds pass. */
  wait(ns: bigint): void;
  readonly resolutionNs: bigint;
}

const U64_MASK = (1n << 64n) - 1n;

/** Time as a function of the calls made so far. */
export class VirtualClock implements GuestClock {
  readonly resolutionNs = 1n;
  readonly #origin: bigint;
  readonly #step: bigint;
  #elapsed = 0n;

  constructor(originNs: bigint, stepNs: bigint) {
    this.#origin = originNs;
    this.#step = stepNs;
  }

  realtime(): bigint {
    return (this.#origin + this.monotonic()) & U64_MASK;
  }

  monotonic(): bigint {
    this.#elapsed = (this.#elapsed + this.#step) & U64_MASK;
    return this.#elapsed;
  }

  stamp(): bigint {
    return (this.#origin + this.#elapsed) & U64_MASK;
  }

  wait(ns: bigint): void {
    this.#elapsed = (this.#elapsed + ns) & U64_MASK;
  }
}

/** Longest real wait of one poll: the wall-clock limit of the run ends it anyway. */
const REAL_WAIT_MS_MAX = 60_000;

/** The machine's clock, for runs that ask for it. */
export class RealClock implements GuestClock {
  readonly resolutionNs = 1n;
  readonly #began = process.hrtime.bigint();
  readonly #cell = new Int32Array(new SharedArrayBuffer(4));

  realtime(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
  }

  monotonic(): bigint {
    return process.hrtime.bigint() - this.#began;
  }

  stamp(): bigint {
    return this.realtime();
  }

  wait(ns: bigint): void {
    const ms = Number(ns / 1_000_000n);
    Atomics.wait(this.#cell, 0, 0, Math.min(ms, REAL_WAIT_MS_MAX));
  }
}
