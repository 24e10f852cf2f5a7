// The optional trace of a run: one JSON object a line, written in large pieces, bounded.

import { closeSync, openSync, writeSync } from 'node:fs';
import type { TraceLine } from '../scenario/index.ts';

/** Lines of one trace: some 100 MB. What comes after is not written, and the last line says so. */
const LINES_MAX = 1_000_000;
const BUFFER_CHARS = 1_048_576;

export class TraceFile {
  readonly #file: number;
  #buffer = '';
  #lines = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(line: TraceLine): void {
    this.#lines += 1;
    if (this.#lines > LINES_MAX) return;
    this.#buffer += `${JSON.stringify(line)}\n`;
    if (this.#buffer.length >= BUFFER_CHARS) this.#flush();
  }

  close(): void {
    if (this.#lines > LINES_MAX) this.#buffer += `${JSON.stringify({ cut: this.#lines - LINES_MAX })}\n`;
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#buffer);
    this.#buffer = '';
  }
}
