// The time that a run of real nodes goes by: virtual in tier T1, the machine's in tier T0.

/** Time, seen by whoever drives a run. */
export interface Timeline {
  /** Microseconds since some moment before the run. */
  readonly nowUs: number;
  /** Calls `run` after so many milliseconds. */
  after(ms: number, run: () => void): unknown;
  /** Lets time pass up to this microsecond. */
  pass(untilUs: number): Promise<void>;
  /** Lets time pass until a promise is settled. Throws what it throws. */
  through<T>(promise: Promise<T>): Promise<T>;
}

/** The machine's own time. */
export const machineTime: Timeline = {
  get nowUs() {
    return Math.round(performance.now() * 1_000);
  },
  after: (ms, run) => setTimeout(run, ms),
  pass: (untilUs) =>
    new Promise((resolve) => setTimeout(resolve, Math.max(0, untilUs / 1_000 - performance.now()))),
  through: (promise) => promise,
};
