// What is shown while runs go on: how far, how fast, how long still. One line that is written over on a terminal; elsewhere now and then.

import { availableParallelism } from 'node:os';

const EVERY_MS = 500;
const EVERY_MS_PLAIN = 10_000;
const MS = 1_000;

/** Follows the jobs of an experiment. */
export class Progress {
  readonly #jobs: number;
  readonly #seconds: number;
  readonly #started = performance.now();
  readonly #shares: Float64Array;
  readonly #events: Float64Array;
  readonly #isTerminal = process.stderr.isTTY === true;
  #shown = 0;
  #done = 0;

  /** `seconds`: virtual seconds of a job. */
  constructor(jobs: number, seconds: number) {
    this.#jobs = jobs;
    this.#seconds = seconds;
    this.#shares = new Float64Array(jobs);
    this.#events = new Float64Array(jobs);
  }

  /** Seconds since the start. */
  get elapsed(): number {
    return (performance.now() - this.#started) / MS;
  }

  onProgress = (job: number, virtualSeconds: number, events: number): void => {
    this.#shares[job] = Math.min(1, virtualSeconds / this.#seconds);
    this.#events[job] = events;
    this.#show();
  };

  onResult = (job: number, result: { readonly events: number }): void => {
    this.#shares[job] = 1;
    this.#events[job] = result.events;
    this.#done += 1;
    this.#show();
  };

  /** The last line: what it took. */
  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001b[K');
    const rate = Math.round(this.#total(this.#events) / this.elapsed).toLocaleString('en-US');
    process.stderr.write(
      `${this.#jobs} run${this.#jobs === 1 ? '' : 's'} in ${this.elapsed.toFixed(2)} s, ${rate} events a second on ${availableParallelism()} cores\n`,
    );
  }

  #total(values: Float64Array): number {
    return values.reduce((sum, value) => sum + value, 0);
  }

  #show(): void {
    const now = performance.now();
    if (now - this.#shown < (this.#isTerminal ? EVERY_MS : EVERY_MS_PLAIN)) return;
    // Short runs in a script end without a word.
    if (!this.#isTerminal && now - this.#started < EVERY_MS_PLAIN) return;
    this.#shown = now;
    const share = this.#total(this.#shares) / this.#jobs;
    const left = share > 0 ? (this.elapsed * (1 - share)) / share : Number.NaN;
    const estimate = Number.isFinite(left) ? `, about ${Math.ceil(left)} s left` : '';
    const line = `${this.#done} of ${this.#jobs} runs, ${(share * 100).toFixed(0)} %${estimate}`;
    process.stderr.write(this.#isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
  }
}
