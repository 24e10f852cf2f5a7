// Where the lines of a log go. A line that can not be written is left out and counted: a full disk, or a reader that is gone, ends no node.

import { writeSync } from 'node:fs';

/** Descriptor of the standard error stream. */
const STDERR = 2;
/** Looks at a pipe that is full, and the pause between two, in milliseconds: what does not read for a tenth of a second misses lines. */
const TRIES_MAX = 10;
const PAUSE_MS = 10;

/** Writes what it can of these bytes and answers how many those were, as `fs.writeSync` does. */
export type WriteSome = (bytes: Uint8Array) => number;

/** A sink for lines. `write` stands for the descriptor, for tests. */
export function lineSink(write: WriteSome = (bytes) => writeSync(STDERR, bytes)): {
  write(line: string): void;
} {
  let lost = 0;
  // A line that was cut in the middle must not run into the next.
  let isCut = false;
  const put = (text: string): void => {
    let bytes: Uint8Array = Buffer.from(isCut ? `\n${text}` : text);
    for (let tries = 0; bytes.length > 0; ) {
      let written: number;
      try {
        written = write(bytes);
      } catch (error) {
        tries += 1;
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || tries >= TRIES_MAX) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
        continue;
      }
      isCut = written < bytes.length;
      bytes = bytes.subarray(written);
    }
  };
  return {
    write(line) {
      try {
        if (lost > 0) {
          put(
            `${JSON.stringify({ level: 40, time: new Date().toISOString(), lost, msg: 'lines of this log could not be written' })}\n`,
          );
          lost = 0;
        }
        put(line);
      } catch {
        lost += 1;
      }
    },
  };
}
