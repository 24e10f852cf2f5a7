// Counts what a run writes: stdout, stderr and every node and byte of the writable tree, against one bound.
// Must not: hold the bytes.

import { OutputEnd } from './ends.ts';

/** Bytes that a file, directory or link costs beside its content, so that a flood of empty files is bounded too. */
export const NODE_BYTES = 256;

export class OutputBudget {
  #left: number;

  constructor(bytesMax: number) {
    this.#left = bytesMax;
  }

  /** Takes bytes from the budget, or ends the run with OUTPUT_LIMIT. */
  take(bytes: number): void {
    if (bytes > this.#left) throw new OutputEnd();
    this.#left -= bytes;
  }

  /** Gives bytes back when a file shrinks or goes. */
  give(bytes: number): void {
    this.#left += bytes;
  }
}
