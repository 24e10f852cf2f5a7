// Starts and ends the isolated process, and gives its channels. Must not: queue jobs.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Control, Report } from '../isolate/messages.ts';
import { KILL_GRACE_MS, START_GRACE_MS, STDERR_BYTES_KEPT } from '../limits.ts';
import { Channel } from './channel.ts';

const FIRST_CHANNEL_FD = 3;

export interface ChildEvents {
  /** A worker ended by itself. */
  onWorkerDied(channel: Channel, reason: string): void;
  /** The process is gone; every job in it is lost. */
  onGone(reason: string): void;
}

/** Flags of the isolated process: it may read the runner's own code and start threads, and nothing else. */
export function isolationFlags(): string[] {
  const room = fileURLToPath(new URL('..', import.meta.url));
  // Older releases know the permission model under its first name, and none of them denies the network.
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  return [
    permission,
    `--allow-fs-read=${room}*`,
    '--allow-worker',
    '--disallow-code-generation-from-strings',
    '--no-addons',
    // Workers free the memories of finished tasks themselves: the engine would wait until gigabytes have piled up.
    '--expose-gc',
    '--no-warnings',
    '--no-deprecation',
  ];
}

export class IsolatedChild {
  readonly channels: Channel[];
  /** Resolves when all workers run, or when the process is gone. */
  readonly ready: Promise<void>;
  readonly #process: ChildProcess;
  readonly #events: ChildEvents;
  readonly #gone: Promise<void>;
  #stderr = '';
  #reports = '';
  #ended = false;
  #starting: number;
  #started: () => void = () => {};
  readonly #replacing = new Map<number, NodeJS.Timeout>();

  constructor(channels: number, cacheBytes: number, events: ChildEvents) {
    this.#events = events;
    const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
    const script = fileURLToPath(new URL(`../isolate/child${extension}`, import.meta.url));
    const pipes = Array.from({ length: channels }, () => 'pipe' as const);
    this.#process = spawn(process.execPath, [...isolationFlags(), script], {
      env: {},
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe', ...pipes],
      windowsHide: true,
    });
    const child = this.#process;
    this.channels = pipes.map((_, index) => {
      const channel = new Channel(index, child.stdio[FIRST_CHANNEL_FD + index] as Duplex);
      channel.onBroken = () => this.kill();
      return channel;
    });
    child.stdin!.on('error', () => {});
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_BYTES_KEPT);
    });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#readReports(text));
    this.#starting = channels;
    this.ready = new Promise((resolve) => {
      // A machine so slow that nothing starts is treated like a crash.
      const timer = setTimeout(() => this.kill(), START_GRACE_MS);
      timer.unref();
      this.#started = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#gone = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (this.#ended) return;
        this.#ended = true;
        for (const timer of this.#replacing.values()) clearTimeout(timer);
        resolve();
        this.#started();
        events.onGone(reason);
      };
      child.on('error', (error) => end(error.message));
      child.on('exit', (code, signal) => end(this.#reason(code, signal)));
    });
    this.#control({ type: 'start', channels, cacheBytes });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Lets the process keep the event loop alive or not: an idle pool must not hold a program open. */
  hold(held: boolean): void {
    const sockets = this.#process.stdio.filter((stream) => stream !== null) as (Duplex & {
      ref?(): void;
      unref?(): void;
    })[];
    for (const handle of [this.#process, ...sockets]) {
      if (held) handle.ref?.();
      else handle.unref?.();
    }
  }

  /** Ends the worker of a channel, whatever it is doing, and starts another. `onReady` is called once that one answers. */
  replace(channel: Channel, onReady: () => void): void {
    const timer = setTimeout(() => this.kill(), KILL_GRACE_MS);
    this.#replacing.set(channel.index, timer);
    const nonce = channel.restart(() => {
      clearTimeout(timer);
      this.#replacing.delete(channel.index);
      onReady();
    });
    this.#control({ type: 'replace', channel: channel.index, nonce });
  }

  /** Ends the process at once; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    this.hold(true);
    await this.#gone;
  }

  #control(message: Control): void {
    if (!this.#ended) this.#process.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  #readReports(text: string): void {
    this.#reports += text;
    for (let end = this.#reports.indexOf('\n'); end >= 0; end = this.#reports.indexOf('\n')) {
      const report = JSON.parse(this.#reports.slice(0, end)) as Report;
      this.#reports = this.#reports.slice(end + 1);
      if (report.type === 'online') this.#online(this.channels[report.channel]!);
      else this.#events.onWorkerDied(this.channels[report.channel]!, report.reason);
    }
  }

  #online(channel: Channel): void {
    channel.online = true;
    channel.onOnline?.();
    this.#starting--;
    if (this.#starting === 0) this.#started();
  }

  #reason(code: number | null, signal: string | null): string {
    const said = this.#stderr.trim().split('\n').slice(-3).join(' | ');
    return `the isolated process ended (${signal ?? `code ${code}`})${said === '' ? '' : `: ${said}`}`;
  }
}

/** The error of a process that could not be kept up. */
export function unavailable(reason: string): ZeroError {
  return new ZeroError('RUNNER_UNAVAILABLE', reason);
}
