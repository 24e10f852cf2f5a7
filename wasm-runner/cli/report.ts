// How these commands fail: a sentence and a hint on stderr, or JSON, and the exit code of the error.

import { isZeroError } from '../../protocol/errors/index.ts';

/** Control characters of untrusted text never reach a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed here
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�');
}

/** Runs an action and reports its typed failure; anything else is a bug and passes. */
export async function reporting(
  flags: { readonly json?: boolean },
  action: () => Promise<void>,
): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isZeroError(error)) throw error;
    if (flags.json === true) process.stdout.write(`${JSON.stringify({ error: error.toJSON() })}\n`);
    process.stderr.write(`error: ${printable(error.message)} [${error.code}]\n  ${printable(error.hint)}\n`);
    process.exitCode = error.exit;
  }
}
