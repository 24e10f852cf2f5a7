// What the node and the child say to each other. Must not: import anything.

/** A job for a worker. Byte strings: stdin, the inputs in order, then the module when `hasModule`. */
export interface JobHeader {
  readonly id: number;
  /** Digest of the module: the key of the compile cache. */
  readonly module: string;
  readonly hasModule: boolean;
  /** Count fuel by function. The key of the cache tells such a module apart. */
  readonly trace: boolean;
  /** Send what is written to the standard streams as it is written, too. */
  readonly follow: boolean;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: readonly string[];
  /** Decimal. */
  readonly fuel: string;
  readonly memoryBytes: number;
  readonly stackBytes: number;
  readonly outputBytes: number;
  readonly mode: 'deterministic' | 'live';
  readonly seed: string;
  readonly originNs: string;
  readonly stepNs: string;
}

/** A worker's answer. Byte strings: stdout, stderr, the outputs in order. */
export interface AnswerHeader {
  readonly id: number;
  /** True when the worker does not hold the module and wants the job again with it. */
  readonly needModule: boolean;
  readonly status: string;
  readonly exitCode: number | null;
  readonly trap: string | null;
  readonly fuel: string;
  /** Milliseconds of processor time of instantiating and running: for scheduling only. */
  readonly runMs: number;
  readonly hostFuel: number;
  readonly memoryBytes: number;
  readonly detail: string | null;
  readonly outputs: readonly string[];
  /** Names and decimal fuel; null without a trace. */
  readonly trace: readonly (readonly [name: string, fuel: string])[] | null;
}

/** What a job wrote to a standard stream just now; comes before its answer. One byte string. */
export interface SaidHeader {
  readonly id: number;
  readonly said: 'stdout' | 'stderr';
}

/** Lines that the node writes to the child's standard input. */
export type Control =
  | { readonly type: 'start'; readonly channels: number; readonly cacheBytes: number }
  | { readonly type: 'replace'; readonly channel: number; readonly nonce: string };

/** Lines that the child writes to its standard output. */
export type Report =
  | { readonly type: 'online'; readonly channel: number }
  | { readonly type: 'died'; readonly channel: number; readonly reason: string };

/** A worker's first message to the child's main thread; all others are compiled modules. */
export const WORKER_READY = 'ready';

/** What a worker thread is started with. */
export interface WorkerStart {
  readonly fd: number;
  readonly cacheBytes: number;
  /** Hexadecimal; null for the first worker of a channel. See worker.ts for what it is for. */
  readonly nonce: string | null;
}
