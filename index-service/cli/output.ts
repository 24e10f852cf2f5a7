// What the commands of this room print: text or JSON on stdout, progress and errors on stderr.

import { isZeroError } from '../../protocol/errors/index.ts';

export interface OutputFlags {
  json?: boolean;
  jsonl?: boolean;
}

/** Prints a result: `data` as JSON with --json, each of `items` on a line of its own with --jsonl, else what `human` makes of it. */
export function print<T>(
  flags: OutputFlags,
  data: T,
  human: (data: T) => string,
  items: readonly unknown[] = [data],
): void {
  if (flags.jsonl === true) for (const item of items) process.stdout.write(`${JSON.stringify(item)}\n`);
  else process.stdout.write(`${flags.json === true ? JSON.stringify(data, null, 2) : human(data)}\n`);
}

/** Overwrites one line on a terminal; silent elsewhere. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text}\x1b[K`);
}

export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\n');
}

/** Runs an action; with --json an error is JSON on stdout and an exit code, else it goes up to the program. */
export async function run(flags: OutputFlags, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (flags.json !== true || !isZeroError(error)) throw error;
    process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    process.exitCode = error.exit;
  }
}

/** Control characters of untrusted text never reach a terminal. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}
