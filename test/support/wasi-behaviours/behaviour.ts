// What one behaviour of WASI preview 1 is, and how a fixture asserts. The fixtures name the behaviours of the public WASI test suite and are
// written anew from what the interface says. Must not: know whose host is tried.

import assert from 'node:assert/strict';
import * as e from '../../../wasm-runner/wasi/errno.ts';
import { OUT, type WasiCaller } from '../wasi-caller.ts';

/** What a guest is started with. */
export interface BehaviourWorld {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** A guest whose descriptors 3 and 4 are preopened directories; 4 is empty and writable. */
export interface Subject {
  readonly wasi: WasiCaller;
  /** What came out of standard output. */
  printed(): string;
  /** Calls proc_exit and says with which code the guest ended. */
  exit(code: number): number | null;
}

export interface Behaviour {
  readonly name: string;
  readonly world?: BehaviourWorld;
  run(subject: Subject): void;
}

/** The call worked: every other value is an error number, or minus one. */
export function ok(result: number | bigint | string | object, what = 'call'): void {
  if (typeof result === 'number') assert.ok(result >= 0, `${what}: error ${-result}`);
}

/** The call returned 0. */
export function done(errno: number, what = 'call'): void {
  assert.equal(errno, 0, `${what}: error ${errno}`);
}

/** The call failed with one of these numbers, given as it is or negated. */
export function fails(
  result: number | bigint | string | object,
  allowed: readonly number[],
  what = 'call',
): void {
  assert.equal(typeof result, 'number', `${what}: did not fail`);
  assert.ok(
    allowed.includes(Math.abs(Number(result))),
    `${what}: ${Number(result)}, not ${allowed.join(' or ')}`,
  );
}

/** The short forms that most fixtures use, on the writable directory. */
export function paths(wasi: WasiCaller, fd = OUT) {
  return {
    mkdir: (path: string) => wasi.call('path_create_directory', fd, path),
    rmdir: (path: string) => wasi.call('path_remove_directory', fd, path),
    unlink: (path: string) => wasi.call('path_unlink_file', fd, path),
    link: (from: string, to: string, flags = 0) => wasi.call('path_link', fd, flags, from, fd, to),
    symlink: (target: string, path: string) => wasi.call('path_symlink', target, fd, path),
    rename: (from: string, to: string) => wasi.call('path_rename', fd, from, fd, to),
    close: (opened: number) => wasi.call('fd_close', opened),
    open: (path: string, oflags = 0, rights = 0n, options: { follow?: boolean; fdflags?: number } = {}) =>
      wasi.open(path, oflags, rights, { ...options, fd }),
    stat: (path: string, follow = false) => wasi.stat(path, follow, fd),
  };
}

/** Seeks; the new offset, or minus the error number. */
export function seek(wasi: WasiCaller, fd: number, offset: bigint, whence: number): bigint | number {
  const at = wasi.room(8);
  const errno = wasi.call('fd_seek', fd, offset, whence, at);
  return errno === 0 ? wasi.view.getBigUint64(at, true) : -errno;
}

export { assert, e };
