// One worker for what waits, which takes step after step until nothing does: what comes while a step is under way goes together into the next.
// Must not hold what waits, or know what it is.

/** Runs steps one after another while there is something to do. */
export class Drain {
  readonly #hasMore: () => boolean;
  readonly #step: () => Promise<void>;
  #running: Promise<void> | undefined;

  /** `step` takes some of what waits and must not reject: whoever waits hears of a failure from it. */
  constructor(hasMore: () => boolean, step: () => Promise<void>) {
    this.#hasMore = hasMore;
    this.#step = step;
  }

  /** Something waits. */
  wake(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // What comes in one turn of the event loop shares a step.
    await Promise.resolve();
    while (this.#hasMore()) await this.#step();
    // Here and not in a finally handler, which runs later: what came between the two would wait for nobody.
    this.#running = undefined;
  }
}
