// Everything that happens in a run of T1, line by line in a file: events with who asked for them, what the disk is asked and answers, what
// is drawn. Two journals of one seed show where two runs part. Written synchronously, so that it sets nothing in motion itself.

import { openSync, writeSync } from 'node:fs';

/** Text gathered before it is written. */
const CHUNK_CHARACTERS = 65_536;
/** Frames of a stack that are looked at, and those that are named. */
const FRAMES_SEEN = 14;
const FRAMES_NAMED = 3;
/** Frames that say nothing of who asked: the world's own. */
const OWN =
  /\/sim\/real\/(?:child|journal|world|timers|globals|native-work|entropy)\.[jt]s|node:internal|node:async_hooks/;

/** The journal of one run. */
export class Journal {
  readonly #file: number;
  #text = '';

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  add(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length >= CHUNK_CHARACTERS) this.flush();
  }

  flush(): void {
    if (this.#text !== '') writeSync(this.#file, this.#text);
    this.#text = '';
  }
}

/** Where the caller was called from, outside of the world's own code: `file:line` of the nearest frames. */
export function askedFrom(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES_SEEN;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  return stack
    .split('\n')
    .slice(1)
    .filter((frame) => !OWN.test(frame))
    .slice(0, FRAMES_NAMED)
    .map((frame) => /([^/]+\/[^/]+:\d+):\d+\)?$/.exec(frame)?.[1] ?? frame.trim())
    .join(' < ');
}
