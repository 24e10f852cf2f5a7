// Starts a real devnet as a user would, in a folder of its own, and speaks to its nodes' HTTP APIs as a script would.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
/** First port asked for, unless told otherwise; the devnet takes another where one is taken. */
const BASE_PORT = 27_480;
/** Starting five nodes and settling takes some 15 s on two idle cores. */
export const DEVNET_START_MS_MAX = 120_000;
/** The devnet promises to be gone within 10 s of a signal. */
const STOP_MS_MAX = 15_000;

export interface DevnetNode {
  readonly name: string;
  readonly peerId: string;
  readonly region: string;
  readonly api: string;
  readonly token: string;
  readonly home: string;
}

export interface DevnetOptions {
  /** Home of an earlier run to go on with; it is kept. Default: a fresh one that is removed. */
  readonly home?: string;
  readonly basePort?: number;
}

export interface RunningDevnet {
  readonly nodes: readonly DevnetNode[];
  /** True when the data of an earlier run was found. */
  readonly reused: boolean;
  readonly cards: number;
  readonly seconds: number;
  /** The address that it prints: the console of the first node, with its token. */
  readonly console: string;
  stop(): Promise<void>;
}

/** Starts `zerostate devnet --nodes 5 --json` and waits for what it prints when it has settled. */
export async function startDevnet(options: DevnetOptions = {}): Promise<RunningDevnet> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'zerostate-devnet-'));
  mkdirSync(home, { recursive: true });
  const args = [
    join(ROOT, 'bin/zerostate.ts'),
    'devnet',
    '--nodes',
    '5',
    '--home',
    home,
    '--base-port',
    String(options.basePort ?? BASE_PORT),
    '--json',
  ];
  const child = spawn(process.execPath, args, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    await ended;
    clearTimeout(force);
    if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  };
  try {
    const told = JSON.parse(await firstLine(child)) as Omit<RunningDevnet, 'stop'> | { error: object };
    if ('error' in told) throw new Error(`the devnet ended with ${JSON.stringify(told.error)}`);
    return { ...told, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = '';
    let notes = '';
    const timer = setTimeout(
      () => reject(new Error(`the devnet did not settle:\n${notes}`)),
      DEVNET_START_MS_MAX,
    );
    child.stderr?.on('data', (bytes: Buffer) => {
      notes = (notes + bytes.toString('utf8')).slice(-4000);
    });
    child.stdout?.on('data', (bytes: Buffer) => {
      out += bytes.toString('utf8');
      const end = out.indexOf('\n');
      if (end < 0) return;
      clearTimeout(timer);
      resolve(out.slice(0, end));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the devnet ended with code ${code}:\n${notes}${out}`));
    });
  });
}

/** Calls a node's API; answers the JSON. Throws with the node's own words on an error. */
export async function call<T>(node: DevnetNode, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${node.api}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${node.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${answer.slice(0, 500)}`);
  return JSON.parse(answer) as T;
}

/** Runs the word-count example through a node with the command line; answers when its receipt is there. */
export function runWordCount(node: DevnetNode): Promise<void> {
  const args = [
    join(ROOT, 'bin/zerostate.ts'),
    'task',
    'run',
    join(ROOT, 'examples/tasks/word-count/task.yaml'),
    '--home',
    node.home,
    '--no-receipt',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let notes = '';
  child.stderr.on('data', (bytes: Buffer) => {
    notes = (notes + bytes.toString('utf8')).slice(-4000);
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`task run ended with code ${code}:\n${notes}`)),
    );
  });
}
