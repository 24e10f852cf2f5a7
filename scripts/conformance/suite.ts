// What one suite of published vectors reports.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Collects the outcome of each published case. */
export class Suite {
  readonly name: string;
  passed = 0;
  readonly failures: string[] = [];
  readonly notes: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** One case: `what` names it when it fails. */
  check(ok: boolean, what: string): void {
    if (ok) this.passed++;
    else this.failures.push(what);
  }

  /** A fact for the reader: counts, documented differences. */
  note(text: string): void {
    this.notes.push(text);
  }
}

/** A suite reads its folder below the given one. */
export type RunSuite = (folder: string) => Suite | Promise<Suite>;

/** Parsed JSON of a vector file. */
export function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}
