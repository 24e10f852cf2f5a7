// Gives each distinct string a small number, so that columns hold numbers.

/** Append-only; numbers start at 0. */
export class StringTable {
  readonly #ids = new Map<string, number>();
  readonly #strings: string[] = [];

  /** Number of a string, new if need be. */
  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.#strings.length);
    return this.#strings.push(text) - 1;
  }

  /** Number of a known string, or undefined: a filter must not grow the table. */
  find(text: string): number | undefined {
    return this.#ids.get(text);
  }

  /** All strings in the order of their numbers. */
  all(): readonly string[] {
    return this.#strings;
  }

  text(id: number): string {
    return this.#strings[id]!;
  }
}
