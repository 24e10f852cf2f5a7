// Events of several sources in the order in which they come, for one reader. Bounded by its sources: each of them is.

/** A queue that is read with for await; it ends when it is closed and empty. */
export class EventQueue<T> {
  readonly #events: T[] = [];
  #wake: () => void = () => {};
  #isClosed = false;

  push(event: T): void {
    if (this.#isClosed) return;
    this.#events.push(event);
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async *read(): AsyncGenerator<T> {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else if (this.#isClosed) return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
