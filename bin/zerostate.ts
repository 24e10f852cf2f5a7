// Runs the program: parses the arguments and turns what goes wrong into an exit code.

import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { reportError } from '../node/cli/index.ts';
import { buildProgram } from './program.ts';

const EXIT_USAGE = 2;
/** Long enough for output to drain and for an orderly end; short enough that a hang is not noticed as one. */
const LINGER_MS_MAX = 2_000;

try {
  await buildProgram(fileURLToPath(import.meta.url)).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) reportError({}, error);
  // Help and version are no errors; everything else that the parser refuses is wrong usage.
  else if (error.exitCode !== 0) process.exitCode = EXIT_USAGE;
}

// A command that has ended may leave a library's timer or a hung part behind. It keeps the process this long and no longer.
setTimeout(() => process.exit(), LINGER_MS_MAX).unref();
