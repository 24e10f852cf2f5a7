// What a run writes while it runs, for whoever asked for the task and wants to watch. Bounded, best effort, and proof of nothing: the
// receipt speaks of the whole output. Must not: be read by anybody but the task's requester (the executor checks).

import type { Clock } from '../clock/index.ts';

/** Bytes of one stream that are held for a reader that is behind. What is older is passed over. */
export const LIVE_BYTES_MAX = 65_536;

/** Places in the two streams, in bytes since the run began. */
export interface LivePlace {
  readonly stdout: number;
  readonly stderr: number;
}

/** What was written since a place. `at`: where the next question goes on; what lies between `from` and the bytes was passed over. */
export interface LiveText {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly at: LivePlace;
  readonly ended: boolean;
}

/** One stream: its newest bytes, and how many there were. */
class Tail {
  #parts: Uint8Array[] = [];
  #held = 0;
  written = 0;

  add(bytes: Uint8Array): void {
    // A copy of its own: the slice of a Buffer is a view, and would hold the slab of 64 KiB that a pipe was read into.
    const part = new Uint8Array(bytes.subarray(-LIVE_BYTES_MAX));
    this.#parts.push(part);
    this.#held += part.length;
    this.written += bytes.length;
    while (this.#held > LIVE_BYTES_MAX) {
      const first = this.#parts[0] as Uint8Array;
      const over = Math.min(first.length, this.#held - LIVE_BYTES_MAX);
      if (over === first.length) this.#parts.shift();
      else this.#parts[0] = first.subarray(over);
      this.#held -= over;
    }
  }

  /** Holds the end of these bytes instead of a copy of its own, where they are all that was written. */
  share(whole: Uint8Array): void {
    if (whole.length === this.written) this.#parts = [whole.subarray(whole.length - this.#held)];
  }

  since(place: number): Uint8Array {
    const wanted = Math.min(Math.max(0, this.written - place), this.#held);
    const whole = new Uint8Array(this.#held);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole.subarray(this.#held - wanted);
  }
}

/** The output of one run as it grows. */
export class LiveOutput {
  readonly #tails = { stdout: new Tail(), stderr: new Tail() };
  readonly #clock: Clock;
  #waiting = new Set<() => void>();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what was written; copied, for the bytes may be a view of something large. */
  readonly add = (stream: 'stdout' | 'stderr', bytes: Uint8Array): void => {
    this.#tails[stream].add(bytes);
    this.#wake();
  };

  /** Nothing follows. Of a result that is kept all that was written is held once. */
  end(result?: { readonly stdout: Uint8Array; readonly stderr: Uint8Array }): void {
    if (result !== undefined) {
      this.#tails.stdout.share(result.stdout);
      this.#tails.stderr.share(result.stderr);
    }
    this.#ended = true;
    this.#wake();
  }

  /** What was written since `from`; when that is nothing, waits for it `ms` at most. */
  async read(from: LivePlace, ms: number): Promise<LiveText> {
    const { stdout, stderr } = this.#tails;
    if (!this.#ended && stdout.written <= from.stdout && stderr.written <= from.stderr)
      await new Promise<void>((resolve) => {
        const wake = () => {
          cancel();
          this.#waiting.delete(wake);
          resolve();
        };
        const cancel = this.#clock.after(ms, wake);
        this.#waiting.add(wake);
      });
    return {
      stdout: stdout.since(from.stdout),
      stderr: stderr.since(from.stderr),
      at: { stdout: stdout.written, stderr: stderr.written },
      ended: this.#ended,
    };
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
