// Types the commands of a document as a reader would: all its `sh` blocks, top to bottom, in one shell and an empty folder. `zerostate` is
// the program of this checkout; whatever was started in the background is ended.

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/zerostate.js', import.meta.url));
const SHOWN = 4_000;

/** The `sh` blocks of a Markdown text, joined. */
export function commandsOf(markdown: string): string {
  return [...markdown.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block).join('\n');
}

/** Runs a document, with `env` beside what its commands set. Rejects with what was printed last when a command fails. */
export async function runDocument(url: URL, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-document-'));
  const bin = join(folder, '.bin');
  mkdirSync(bin);
  const shim = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
    chmodSync(join(bin, name), 0o755);
  };
  shim('zerostate', PROGRAM);
  const commands = commandsOf(readFileSync(url, 'utf8'));
  if (commands === '') throw new Error(`${url.pathname} has no commands`);
  const script = `set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT\n${commands}\n`;
  try {
    await run(script, folder, {
      ...process.env,
      ...env,
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      HOME: folder,
      // Where the program keeps compiled code anyway; in an empty folder each document would compile it anew.
      NODE_COMPILE_CACHE:
        process.env.NODE_COMPILE_CACHE ?? join(homedir(), '.cache', 'zerostate', 'compiled'),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const shell = spawn('bash', ['-x', '-c', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  const keep = (text: string): void => {
    printed = (printed + text).slice(-SHOWN);
  };
  shell.stdout.setEncoding('utf8').on('data', keep);
  shell.stderr.setEncoding('utf8').on('data', keep);
  return new Promise((resolve, reject) => {
    shell.once('error', reject);
    shell.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`a command ended with ${code}:\n${printed}`)),
    );
  });
}
