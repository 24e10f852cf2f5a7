// The test's end of the pipe to one host process of the fleet.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderName, Orders } from './orders.ts';

/** The host program of this version. */
export const HOST_PROGRAM = join(import.meta.dirname, 'host.ts');
const CUT_LINK = join(import.meta.dirname, '../chaos/cut-link.ts');
/** Threads for the disk in one host: its nodes would have four each, were they processes of their own. */
const DISK_THREADS = '64';
/** MiB of young objects that one host may have: its nodes would have a heap each, and one for all is collected all the time. */
const HEAP_OPTIONS = ['--max-semi-space-size=64'];
/** Longest wait for what a host was ordered to do: far above a thousand publications. One that takes longer hangs. */
const ORDER_MS_MAX = 900_000;
/** Longest wait until a process takes orders: it loads the whole program. */
const READY_MS_MAX = 120_000;
/** A host that has not ended its nodes by then is killed. */
const END_MS_MAX = 10_000;

/** How a process is started. */
export interface HostOptions {
  /** True for one whose links can be cut. */
  readonly cuttable?: boolean;
  /** The host program; that of another version for a rolling upgrade. */
  readonly program?: string;
  /** Flags of its engine. */
  readonly flags?: readonly string[];
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One process of the fleet. */
export class FleetHost {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #over: Promise<void>;
  #next = 1;
  #isOver = false;
  #isCut = false;
  /** Resolves when the process takes orders. */
  readonly ready: Promise<unknown>;

  /** Starts the process, in a network namespace if one is named. */
  constructor(
    namespace?: string,
    { cuttable = false, flags = [], program = HOST_PROGRAM }: HostOptions = {},
  ) {
    const options = [...HEAP_OPTIONS, ...flags, ...(cuttable ? ['--import', CUT_LINK] : [])];
    const env = { ...process.env, UV_THREADPOOL_SIZE: DISK_THREADS };
    this.#child =
      namespace === undefined
        ? fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: options, env })
        : spawn('ip', ['netns', 'exec', namespace, process.execPath, ...options, program], {
            stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
            env,
          });
    this.ready = new Promise((resolve, reject) => {
      const late = () => reject(new Error(`a host of the fleet took no orders after ${READY_MS_MAX} ms`));
      const timer = setTimeout(late, READY_MS_MAX);
      const settled =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      this.#waiting.set(0, { resolve: settled(resolve), reject: settled(reject) });
    });
    this.#child.on('message', (message: { id: number; answer?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error === undefined) waiting?.resolve(message.answer);
      else waiting?.reject(new Error(message.error));
    });
    this.#over = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#isOver = true;
        for (const { reject } of this.#waiting.values())
          reject(new Error(`a host of the fleet ended: ${code ?? signal}`));
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Orders something and answers what came of it. Throws what the host threw. */
  async do<K extends OrderName>(order: K, body: Orders[K][0]): Promise<Orders[K][1]> {
    if (this.#isOver) throw new Error('the host of the fleet has ended');
    const id = this.#next++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Orders[K][1]>((resolve, reject) => {
        const late = () =>
          reject(new Error(`a host of the fleet did not do "${order}" in ${ORDER_MS_MAX} ms`));
        timer = setTimeout(late, ORDER_MS_MAX);
        this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
        // The pipe of a process that was just killed closes before its end is told; without a callback that would be thrown at nobody.
        this.#child.send({ id, order, body }, (error) => {
          if (error !== null)
            reject(new Error(`a host of the fleet cannot be told "${order}": ${error.message}`));
        });
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Ends the nodes and the process. False when the nodes had not ended in time and were killed with it. */
  async end(): Promise<boolean> {
    const inOrder = await Promise.race([
      this.do('end', null).then(
        () => true,
        () => false,
      ),
      delay(END_MS_MAX, false, { ref: false }),
    ]);
    await this.kill();
    return inOrder;
  }

  /** Cuts every link of the process, or joins them again. Only of one that is cuttable. */
  cut(on: boolean): void {
    if (on !== this.#isCut) this.#child.kill('SIGUSR2');
    this.#isCut = on;
  }

  /** True once the process has ended, ordered or not. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Kills the process at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#over;
  }
}
