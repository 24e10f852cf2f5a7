// Runs the npm that is on this machine, quietly, with the Node that runs this script first on the path. Nothing here judges an answer.

import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

/** Answers of npm are lists of packages: some hundred kB. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; a refusal is a code, never an exception. */
export function execute(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { cwd, env, encoding: 'utf8', maxBuffer: OUTPUT_BYTES_MAX },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
      },
    );
  });
}

/** Runs npm; its scripts use the Node of this process. */
export function npm(args: readonly string[], cwd: string): Promise<Ended> {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`;
  return execute('npm', args, cwd, { ...process.env, PATH: path });
}
