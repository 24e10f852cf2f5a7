// Arguments, environment, clocks, randomness, scheduling and exit.

import { LENGTH_WEIGHTS } from '../meter/schedule.ts';
import { ExitEnd } from './ends.ts';
import { EINVAL, ENOTSOCK, ENOTSUP, ESUCCESS, fail } from './errno.ts';
import type { WasiHost } from './host.ts';

const CLOCK_REALTIME = 0;
const CLOCK_THREAD_CPU = 3;

export const processCalls = {
  args_get: (host: WasiHost, pointers: number, buffer: number) =>
    putStrings(host, host.args, pointers, buffer),
  args_sizes_get: (host: WasiHost, count: number, size: number) => putSizes(host, host.args, count, size),
  environ_get: (host: WasiHost, pointers: number, buffer: number) =>
    putStrings(host, host.env, pointers, buffer),
  environ_sizes_get: (host: WasiHost, count: number, size: number) => putSizes(host, host.env, count, size),

  clock_res_get(host: WasiHost, id: number, result: number): number {
    checkClock(id);
    host.memory.setU64(result, host.clock.resolutionNs);
    return ESUCCESS;
  },

  clock_time_get(host: WasiHost, id: number, _precision: bigint, result: number): number {
    checkClock(id);
    host.memory.setU64(result, id === CLOCK_REALTIME ? host.clock.realtime() : host.clock.monotonic());
    return ESUCCESS;
  },

  random_get(host: WasiHost, at: number, length: number): number {
    const target = host.memory.slice(at, length);
    host.charge(target.length);
    host.random.fill(target);
    return ESUCCESS;
  },

  sched_yield: () => ESUCCESS,
  proc_raise: () => ENOTSUP,

  proc_exit(_host: WasiHost, code: number): never {
    throw new ExitEnd(code >>> 0);
  },

  sock_accept: (host: WasiHost, fd: number) => notSocket(host, fd),
  sock_recv: (host: WasiHost, fd: number) => notSocket(host, fd),
  sock_send: (host: WasiHost, fd: number) => notSocket(host, fd),
  sock_shutdown: (host: WasiHost, fd: number) => notSocket(host, fd),
};

function checkClock(id: number): void {
  if (id >>> 0 > CLOCK_THREAD_CPU) fail(EINVAL);
}

function notSocket(host: WasiHost, fd: number): number {
  host.descriptors.get(fd);
  return ENOTSOCK;
}

function putSizes(host: WasiHost, strings: readonly Uint8Array[], count: number, size: number): number {
  host.memory.setU32(count, strings.length);
  host.memory.setU32(
    size,
    strings.reduce((sum, text) => sum + text.length + 1, 0),
  );
  return ESUCCESS;
}

function putStrings(
  host: WasiHost,
  strings: readonly Uint8Array[],
  pointers: number,
  buffer: number,
): number {
  let at = buffer;
  let slot = pointers;
  for (const text of strings) {
    host.charge(LENGTH_WEIGHTS.hostItem + (text.length >> LENGTH_WEIGHTS.hostByteShift));
    host.memory.setU32(slot, at);
    host.memory.slice(at, text.length).set(text);
    host.memory.setU8(at + text.length, 0);
    at += text.length + 1;
    slot += 4;
  }
  return ESUCCESS;
}
