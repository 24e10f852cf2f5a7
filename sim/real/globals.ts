// Puts virtual time and seeded randomness in the place of the machine's, for all code that is imported after this: timers, Date,
// performance.now, AbortSignal.timeout, Math.random and Node's crypto. For a process of its own: there is no way back.

import { createRequire, syncBuiltinESMExports } from 'node:module';
import { watchNativeWork } from './native-work.ts';
import { VirtualTimer } from './timers.ts';
import type { Machine, World } from './world.ts';

const require = createRequire(import.meta.url);
/** PKCS#8 of a 32-byte Ed25519 (…70) or X25519 (…6e) key, up to the key itself. */
const PKCS8 = { ed25519: '302e020100300506032b657004220420', x25519: '302e020100300506032b656e04220420' };

type Members = Record<string, unknown>;
type Run = (...args: unknown[]) => void;

/** What of the machine is still to be had once the globals are replaced. */
export function takeMachine(): Machine {
  return { setImmediate: globalThis.setImmediate, work: watchNativeWork() };
}

/** Replaces the globals. */
export function replaceGlobals(world: World): void {
  replaceTimers(world);
  replaceClocks(world);
  replaceEntropy(world);
  syncBuiltinESMExports();
}

function put(target: object, members: Members): void {
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
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
  put(globalThis.performance, { now: () => world.elapsed });
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

function replaceEntropy(world: World): void {
  const { entropy } = world;
  const fill = <T extends ArrayBufferView | ArrayBufferLike>(target: T, offset = 0, size?: number): T => {
    const bytes = ArrayBuffer.isView(target)
      ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
      : new Uint8Array(target);
    const part = bytes.subarray(offset, size === undefined ? undefined : offset + size);
    part.set(entropy.bytes(part.length));
    return target;
  };
  const uuid = (): string => {
    const bytes = entropy.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  put(Math, { random: () => entropy.unit() });
  put(globalThis.crypto, { getRandomValues: fill, randomUUID: uuid });
  const crypto = require('node:crypto') as typeof import('node:crypto');
  const { createPrivateKey, createPublicKey, generateKeyPairSync } = crypto;
  const late = <T>(value: T, done?: (error: null, value: T) => void): T | undefined => {
    if (done === undefined) return value;
    queueMicrotask(() => done(null, value));
    return undefined;
  };
  // Its own getRandomValues reads the one above.
  put(crypto, {
    randomUUID: uuid,
    randomBytes: (size: number, done?: (error: null, bytes: Buffer) => void) =>
      late(Buffer.from(entropy.bytes(size)), done),
    randomFillSync: fill,
    randomFill: (target: Uint8Array, done: (error: null, bytes: Uint8Array) => void) =>
      late(fill(target), done),
    randomInt: (min: number, max?: number) =>
      max === undefined ? entropy.below(min) : min + entropy.below(max - min),
    generateKeyPairSync: (
      type: string,
      options?: { publicKeyEncoding?: object; privateKeyEncoding?: object },
    ) => {
      const head = PKCS8[type as keyof typeof PKCS8];
      if (head === undefined) return generateKeyPairSync(type as 'ed25519', options as never);
      const der = Buffer.concat([Buffer.from(head, 'hex'), entropy.bytes(32)]);
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      const publicKey = createPublicKey(privateKey);
      return {
        privateKey:
          options?.privateKeyEncoding === undefined
            ? privateKey
            : privateKey.export(options.privateKeyEncoding as never),
        publicKey:
          options?.publicKeyEncoding === undefined
            ? publicKey
            : publicKey.export(options.publicKeyEncoding as never),
      };
    },
  });
}
