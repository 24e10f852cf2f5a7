// The flags of a script. What stands at the head of its file is its help, so that the two cannot differ; a flag that does not exist is
// answered by it as well, and by no stack trace.

import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';

const HELP = { help: { type: 'boolean', short: 'h', default: false } } as const;

/** The comment at the head of a source text, without its slashes. */
export function headOf(source: string): string {
  const lines = source.replace(/^#!.*\n/, '').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}

/**
 * The arguments of the script `file`, as `parseArgs` of Node reads them. Prints the head of the file and ends the script when it is asked for
 * `--help` (exit code 0), or when the arguments are wrong (2).
 */
export function readArguments<T extends ParseArgsConfig>(
  file: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    const options = { ...config.options, ...HELP };
    const parsed = parseArgs({ ...config, options }) as ReturnType<typeof parseArgs<T>>;
    if ((parsed.values as { help?: boolean }).help === true) throw new End('', 0);
    return parsed;
  } catch (error) {
    const { message } = error as Error;
    const code = error instanceof End ? error.code : 2;
    // A module cannot return, and what it has open by now is nothing: what is thrown here ends it.
    process.setUncaughtExceptionCaptureCallback(() => {
      (code === 0 ? console.log : console.error)(
        `${message === '' ? '' : `${message}\n\n`}${headOf(readFileSync(file, 'utf8'))}`,
      );
      process.exitCode = code;
    });
    throw error;
  }
}

class End extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}
