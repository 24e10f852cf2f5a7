// How commands speak: people's text or JSON on stdout, diagnostics on stderr, one exit code per kind of failure.

import { CommanderError } from 'commander';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { diskError } from './disk-errors.ts';

/** Flags that every command has. */
export interface OutputFlags {
  json?: boolean;
  jsonl?: boolean;
}

/** Wrong usage. */
const EXIT_USAGE = 2;

const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

/** Emphasis on a terminal, plain text elsewhere. */
export const style = {
  bold: (text: string) => (colour ? `\x1b[1m${text}\x1b[22m` : text),
  dim: (text: string) => (colour ? `\x1b[2m${text}\x1b[22m` : text),
  green: (text: string) => (colour ? `\x1b[32m${text}\x1b[39m` : text),
  red: (text: string) => (colour ? `\x1b[31m${text}\x1b[39m` : text),
};

/** Control characters of untrusted text never reach a terminal. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�');
}

/** What is printed a line each: the items of a list, also of one that comes with its totals; else the whole. */
function itemsOf(data: unknown): readonly unknown[] {
  if (Array.isArray(data)) return data;
  const lists = Object.values(data ?? {}).filter(Array.isArray);
  return lists.length === 1 ? (lists[0] as unknown[]) : [data];
}

/** Prints a result: `data` as JSON with --json, an item a line with --jsonl, else what `human` makes of it. */
export function print<T>(flags: OutputFlags, data: T, human: (data: T) => string): void {
  if (flags.jsonl === true)
    for (const item of itemsOf(data)) process.stdout.write(`${JSON.stringify(item)}\n`);
  else process.stdout.write(`${flags.json === true ? JSON.stringify(data, null, 2) : human(data)}\n`);
}

/** A table with aligned columns; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)))
      .join('  ')
      .trimEnd(),
  );
  return [style.dim(lines[0] ?? ''), ...lines.slice(1)].join('\n');
}

/** Runs a command's action; failures become text on stderr (JSON on stdout with --json) and an exit code. */
export async function runAction(flags: OutputFlags, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    reportError(flags, error);
  }
}

/** Sets the exit code for what the parser refused; it has said why to people, and here it does to a script that asked for JSON. */
export function reportUsage(args: readonly string[], error: CommanderError): void {
  process.exitCode = EXIT_USAGE;
  const end = args.indexOf('--');
  if (!(end < 0 ? args : args.slice(0, end)).some((arg) => /^--jsonl?$/.test(arg))) return;
  const typed = new ZeroError('USAGE', error.message.replace(/^error: /, ''));
  process.stdout.write(`${JSON.stringify({ error: typed.toJSON() })}\n`);
}

/** Prints an error and sets the exit code. */
export function reportError(flags: OutputFlags, error: unknown): void {
  if (error instanceof CommanderError) throw error;
  const typed = isZeroError(error)
    ? error
    : (diskError(error) ??
      new ZeroError('INTERNAL', (error as Error).message ?? String(error), { cause: error }));
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ error: typed.toJSON() })}\n`);
  const text = plain(typed.message);
  const cause = typed.code === 'INTERNAL' && typed.cause instanceof Error ? `\n${typed.cause.stack}` : '';
  process.stderr.write(`${style.red('error')}: ${text} [${typed.code}]\n  ${plain(typed.hint)}${cause}\n`);
  process.exitCode = typed.exit;
}
