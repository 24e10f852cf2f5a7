// One supervised node process: started, awaited, stopped. It ends by itself when its supervisor does.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ZeroError } from '../protocol/errors/index.ts';

/** A node starts in 1 to 3 s; a slow disk and a busy machine may take ten times that. */
const START_MS_MAX = 60_000;
/** SIGTERM, then after this SIGKILL: all of a devnet must be gone within 10 s. */
const STOP_MS_MAX = 8_000;
const LOG_TAIL_CHARS = 1_200;

/** What a node says when it is up. */
export interface Ready {
  readonly api: string;
  readonly peerId: string;
  readonly token: string;
}

/** A running node process. */
export interface NodeProcess {
  readonly name: string;
  readonly ready: Ready;
  /** Resolves when the process has ended. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

/** Starts `zerostate up` on a home and waits until it is up. Throws INTERNAL with the end of its log when it does not come up. */
export async function startNodeProcess(options: {
  name: string;
  home: string;
  program: string;
}): Promise<NodeProcess> {
  const logPath = join(options.home, 'node.log');
  const output = openSync(logPath, 'a', 0o600);
  // Its own process group: a terminal's Ctrl-C reaches the supervisor only, which then stops its nodes in order.
  const child = spawn(process.execPath, [options.program, 'up', '--home', options.home, '--supervised'], {
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  });
  closeSync(output);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const ready = await whenReady(child, options.name, logPath);
  return { name: options.name, ready, ended, stop: () => stopProcess(child, ended) };
}

function whenReady(child: ChildProcess, name: string, logPath: string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(
        new ZeroError('INTERNAL', `${name} ${why}:\n${tail(logPath)}`, { hint: `Its log is ${logPath}.` }),
      );
    };
    const timer = setTimeout(() => fail(`did not come up in ${START_MS_MAX / 1000} s`), START_MS_MAX);
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    const onExit = (code: number | null) => fail(`ended with code ${code}`);
    child.once('exit', onExit);
    child.once('message', (message) => {
      clearTimeout(timer);
      child.off('exit', onExit);
      resolve(message as Ready);
    });
  });
}

async function stopProcess(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

function tail(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-LOG_TAIL_CHARS);
  } catch {
    return '(no log)';
  }
}
