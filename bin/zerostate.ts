// Runs the program: parses the arguments and turns what goes wrong into an exit code.

import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Compiled code is kept for the next start, which then takes half the time. A folder of the user's own: in a shared one, others could
// leave code to be run. Where it cannot be written, nothing is kept.
enableCompileCache(
  process.env.NODE_COMPILE_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'zerostate', 'compiled'),
);
// Only what is imported from here on is kept.
const { CommanderError } = await import('commander');
const { reportError, reportUsage, watchOutput } = await import('../node/cli/index.ts');
const { buildProgram } = await import('./program.ts');

/** Long enough for output to drain and for an orderly end; short enough that a hang is not noticed as one. */
const LINGER_MS_MAX = 2_000;

watchOutput(() => process.exit());

// The launcher (zerostate.js) and this process are one to whoever started them. Where it is killed and could pass no signal on, its channel
// closes, and this one ends as if it had been told to. Only by that channel: a parent that goes is no reason for a node to end.
if (process.env.ZEROSTATE_LAUNCHED !== undefined) {
  delete process.env.ZEROSTATE_LAUNCHED;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

try {
  await buildProgram(fileURLToPath(import.meta.url)).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) reportError({}, error);
  // Help and version are no errors; everything else that the parser refuses is wrong usage.
  else if (error.exitCode !== 0) reportUsage(process.argv.slice(2), error);
}

// A command that has ended may leave a library's timer or a hung part behind. It keeps the process this long and no longer.
setTimeout(() => process.exit(), LINGER_MS_MAX).unref();
