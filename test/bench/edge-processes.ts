// Edges of a fleet in processes of their own, some in each: forty on one thread make each other late. What is asked goes over the channel that Node
// gives a parent and its child.

import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { endWithUs } from '../support/own-children.ts';
import type { EdgeHost, EdgeOrder } from './edge-host.ts';
import type { PolicyKind } from './policy-kinds.ts';
import type { Streamed } from './policy-traffic.ts';

const ENTRY = join(import.meta.dirname, 'edge-process.ts');
/** A process that does not end within this time of being told so is killed. */
const END_MS_MAX = 15_000;

/** What a process is to do. */
export interface Asked {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What came of it. */
export type Answered =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** Edges in one other process. */
export class RemoteEdges implements EdgeHost {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #ended: Promise<void>;
  #next = 0;

  /** `number`: which of the processes it is. `stage`: the file of a stage. */
  constructor(made: {
    readonly relays: number;
    readonly seed: number;
    readonly number: number;
    readonly stage?: string;
  }) {
    this.#child = endWithUs(fork(ENTRY, [JSON.stringify(made)], { serialization: 'advanced' }));
    this.#ended = new Promise((resolve) =>
      this.#child.once('exit', (code) => {
        for (const one of this.#waiting.values())
          one.reject(new Error(`the process of some edges ended with ${code}`));
        this.#waiting.clear();
        resolve();
      }),
    );
    this.#child.on('message', (answer: Answered) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.value);
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async #ask<T>(method: keyof EdgeHost & string, ...args: readonly unknown[]): Promise<T> {
    const id = this.#next++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, method, args } satisfies Asked);
    return (await waiting.promise) as T;
  }

  start = (order: EdgeOrder): Promise<string> => this.#ask('start', order);
  exits = (at: number): Promise<string[]> => this.#ask('exits', at);
  knows = (
    at: number,
    exits: Readonly<Record<string, string[]>>,
    relays: readonly string[],
  ): Promise<boolean> => this.#ask('knows', at, exits, relays);
  use = (at: number, kind: PolicyKind): Promise<void> => this.#ask('use', at, kind);
  stream = (at: number, to: string): Promise<Streamed> => this.#ask('stream', at, to);
  pathTo = (at: number, peer: string): Promise<readonly string[] | undefined> =>
    this.#ask('pathTo', at, peer);
  linkedWith = (at: number, peer: string): Promise<boolean> => this.#ask('linkedWith', at, peer);
  opened = (at: number, since: number): Promise<number> => this.#ask('opened', at, since);
  lateMs = (): Promise<number> => this.#ask('lateMs');

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const force = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX);
    await this.#ended;
    clearTimeout(force);
  }
}
