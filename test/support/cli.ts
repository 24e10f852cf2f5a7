// Runs the command line as a user does: a process of its own, its exit code, what it printed.

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../bin/zerostate.ts');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `zerostate …` to its end. */
export function zerostate(args: readonly string[], options: { cwd?: string } = {}): Promise<Ran> {
  const { ZEROSTATE_HOME: _, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    ...options,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a command with --json and answers what it printed. Throws with its stderr when it failed. */
export async function zerostateJson<T>(args: readonly string[], options: { cwd?: string } = {}): Promise<T> {
  const ran = await zerostate([...args, '--json'], options);
  if (ran.code !== 0) throw new Error(`zerostate ${args.join(' ')} ended with ${ran.code}:\n${ran.stderr}`);
  return JSON.parse(ran.stdout) as T;
}

export interface StartedNode {
  readonly info: { name: string; peerId: string; api: string; addresses: string[] };
  readonly pid: number;
  /** Sends SIGINT and answers the exit code. */
  stop(): Promise<number | null>;
  /** Sends SIGKILL: it has no time for anything. */
  kill(): Promise<void>;
}

/** Starts `zerostate up` and waits until it says that it is up. `preload`: a module that its process loads first. */
export function startNode(
  args: readonly string[],
  options: { readonly preload?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<StartedNode> {
  const preload = options.preload === undefined ? [] : ['--import', options.preload];
  const child = spawn(
    process.execPath,
    [...preload, PROGRAM, 'up', ...args, '--json', '--log-level', 'warn'],
    { env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  let out = '';
  let notes = '';
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      notes = (notes + text).slice(-4000);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (!out.trimEnd().endsWith('}')) return;
      const info = JSON.parse(out) as Partial<StartedNode['info']>;
      // A failure is printed as JSON too; the exit that follows tells it.
      if (info.api === undefined) return;
      const stop = () => {
        child.kill('SIGINT');
        return ended;
      };
      const kill = async () => {
        child.kill('SIGKILL');
        await ended;
      };
      resolve({ info: info as StartedNode['info'], pid: child.pid!, stop, kill });
    });
    void ended.then((code) => reject(new Error(`the node ended with ${code}:\n${notes}`)));
  });
}

/** Asks again and again until `done` answers something; fails after `msMax` with what was awaited. */
export async function eventually<T>(
  what: string,
  msMax: number,
  done: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + msMax;
  for (;;) {
    const value = await done();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${msMax} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
