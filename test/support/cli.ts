// Runs the command line as a user does: a process of its own, its exit code, what it printed.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { endWithUs } from './own-children.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/zerostate.ts');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that has not ended by then hangs, and is killed: longer than any test waits for one. */
const RUN_MS_MAX = 300_000;

/** Runs `zerostate …` to its end. */
export function zerostate(args: readonly string[], options: { cwd?: string } = {}): Promise<Ran> {
  const { ZEROSTATE_HOME: _, ...env } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    ...options,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_MS_MAX,
    killSignal: 'SIGKILL',
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

/** Longest wait for a node to come up; one that has not is killed. A start takes 1 to 3 s on a machine that does nothing else. */
const START_MS_MAX = 150_000;

export interface StartOptions {
  /** A module that its process loads first. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Kills the node if it is still starting. */
  readonly signal?: AbortSignal;
}

/** Starts `zerostate up` and waits until it says that it is up. Where it does not, nothing of it is left. */
export function startNode(args: readonly string[], options: StartOptions = {}): Promise<StartedNode> {
  const preload = options.preload === undefined ? [] : ['--import', options.preload];
  const child = endWithUs(
    spawn(process.execPath, [...preload, PROGRAM, 'up', ...args, '--json', '--log-level', 'warn'], {
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  let out = '';
  let notes = '';
  const giveUp = () => child.kill('SIGKILL');
  const timer = setTimeout(giveUp, START_MS_MAX);
  options.signal?.addEventListener('abort', giveUp);
  if (options.signal?.aborted === true) giveUp();
  const started = new Promise<StartedNode>((resolve, reject) => {
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
  return started.finally(() => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', giveUp);
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
