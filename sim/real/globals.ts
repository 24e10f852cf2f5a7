// Puts virtual time and seeded randomness in the place of the machine's, for all code that is imported after this: timers, Date,
// performance.now, how busy the thread is, AbortSignal.timeout, Math.random and Node's crypto. For a process of its own: there is no way back.

import { createRequire, syncBuiltinESMExports } from 'node:module';
import { replaceEntropy } from './entropy.ts';
import { watchNativeWork } from './native-work.ts';
import { put } from './put.ts';
import { VirtualTimer } from './timers.ts';
import type { Machine, World } from './world.ts';

const require = createRequire(import.meta.url);

type Run = (...args: unknown[]) => void;

/** What of the machine is still to be had once the globals are replaced. */
export function takeMachine(): Machine {
  return { setImmediate: globalThis.setImmediate, work: watchNativeWork() };
}

/** Replaces the globals. */
export function replaceGlobals(world: World): void {
  replaceTimers(world);
  replaceClocks(world);
  replaceEntropy(world.entropy);
  syncBuiltinESMExports();
}

function replaceTimers(world: World): void {
  const start =
    (repeat: boolean) =>
    (run: Run, ms?: number, ...args: unknown[]) =>
      new VirtualTimer(world, () => run(...args), Math.max(1, Number(ms) || 1), repeat);
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.close();
    else if (typeof timer === 'number' || typeof timer === 'string') world.cancel(Number(timer));
  };
  const timers = {
    setTimeout: start(false),
    setInterval: start(true),
    // Virtual too: an immediate of the machine would come before or after an answer of the disk as it pleases.
    setImmediate: (run: Run, ...args: unknown[]) => new VirtualTimer(world, () => run(...args), 0, false),
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
  put(globalThis, timers);
  put(require('node:timers') as object, timers);
  const delay = (ms?: number, value?: unknown, options: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const { signal } = options;
      signal?.throwIfAborted();
      const timer = new VirtualTimer(world, () => resolve(value), ms, false);
      signal?.addEventListener('abort', () => {
        timer.close();
        reject(
          Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }),
        );
      });
    });
  put(require('node:timers/promises') as object, {
    setTimeout: delay,
    setImmediate: (value?: unknown, options?: { signal?: AbortSignal }) => delay(0, value, options),
  });
  put(AbortSignal, {
    timeout: (ms: number) => {
      const controller = new AbortController();
      const late = () =>
        controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      new VirtualTimer(world, late, ms, false);
      return controller.signal;
    },
  });
}

function replaceClocks(world: World): void {
  const Real = globalThis.Date;
  const now = (): number => Math.floor(world.now);
  function VirtualDate(...args: unknown[]): unknown {
    if (new.target === undefined) return new Real(now()).toString();
    return args.length === 0 ? new Real(now()) : Reflect.construct(Real, args);
  }
  VirtualDate.prototype = Real.prototype;
  put(VirtualDate, { now, parse: Real.parse, UTC: Real.UTC });
  put(globalThis, { Date: VirtualDate });
  // How busy the machine is plays no part either: a thread under virtual time has always time.
  const idle = { idle: 0, active: 0, utilization: 0 };
  put(globalThis.performance, { now: () => world.elapsed, eventLoopUtilization: () => idle });
  const lags = { count: 0, min: 0, max: 0, mean: 0, stddev: 0, percentile: () => 0 };
  const ignored = { enable: () => false, disable: () => false, reset: () => {} };
  put(require('node:perf_hooks') as object, { monitorEventLoopDelay: () => ({ ...lags, ...ignored }) });
  const nanoseconds = (): bigint => BigInt(world.loop.now) * 1_000n;
  const hrtime = (since?: [number, number]): [number, number] => {
    const total =
      nanoseconds() - (since === undefined ? 0n : BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
    return [Number(total / 1_000_000_000n), Number(total % 1_000_000_000n)];
  };
  put(process, {
    hrtime: Object.assign(hrtime, { bigint: nanoseconds }),
    uptime: () => world.elapsed / 1_000,
  });
}
