// poll_oneoff: descriptors are always ready; clocks expire by letting virtual time pass.

import { LENGTH_WEIGHTS } from '../meter/schedule.ts';
import { EBADF, EINVAL, ESUCCESS, fail, WasiError } from './errno.ts';
import type { WasiHost } from './host.ts';

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const TYPE_CLOCK = 0;
const TYPE_READ = 1;
const TYPE_WRITE = 2;
const CLOCK_ABSOLUTE = 1;
/** Subscriptions of one call. */
const SUBSCRIPTIONS_MAX = 4_096;

interface Event {
  readonly userdata: bigint;
  readonly error: number;
  readonly type: number;
  readonly bytes: bigint;
}

export const pollCalls = {
  poll_oneoff(host: WasiHost, subscriptions: number, events: number, count: number, result: number): number {
    if (count === 0 || count >>> 0 > SUBSCRIPTIONS_MAX) return EINVAL;
    host.charge(count * LENGTH_WEIGHTS.hostItem);
    host.memory.slice(events, count * EVENT_BYTES);
    const ready: Event[] = [];
    const timers: { userdata: bigint; left: bigint }[] = [];
    for (let index = 0; index < count; index++) {
      const at = subscriptions + index * SUBSCRIPTION_BYTES;
      const userdata = host.memory.u64(at);
      const type = host.memory.u8(at + 8);
      if (type === TYPE_CLOCK) {
        const left = timeLeft(host, at + 16);
        if (left === null) ready.push({ userdata, error: EINVAL, type, bytes: 0n });
        else timers.push({ userdata, left });
      } else if (type === TYPE_READ || type === TYPE_WRITE)
        ready.push({ userdata, type, ...probe(host, host.memory.u32(at + 16), type) });
      else return EINVAL;
    }
    let shortest = timers[0]?.left ?? 0n;
    for (const { left } of timers) if (left < shortest) shortest = left;
    const waited = ready.length > 0 ? 0n : shortest;
    if (waited > 0n) host.clock.wait(waited);
    for (const timer of timers)
      if (timer.left <= waited)
        ready.push({ userdata: timer.userdata, error: ESUCCESS, type: TYPE_CLOCK, bytes: 0n });
    for (const [index, event] of ready.entries()) putEvent(host, events + index * EVENT_BYTES, event);
    host.memory.setU32(result, ready.length);
    return ESUCCESS;
  },
};

/** Nanoseconds until a clock subscription is due; null for an unknown clock. */
function timeLeft(host: WasiHost, at: number): bigint | null {
  const id = host.memory.u32(at);
  if (id > 1) return null;
  const timeout = host.memory.u64(at + 8);
  if ((host.memory.u16(at + 24) & CLOCK_ABSOLUTE) === 0) return timeout;
  const now = id === 0 ? host.clock.realtime() : host.clock.monotonic();
  return timeout > now ? timeout - now : 0n;
}

function probe(host: WasiHost, fd: number, type: number): { error: number; bytes: bigint } {
  try {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind === 'directory') fail(EBADF);
    if (type === TYPE_WRITE) return { error: ESUCCESS, bytes: 0n };
    if (descriptor.kind === 'input')
      return { error: ESUCCESS, bytes: BigInt(descriptor.bytes.length - descriptor.offset) };
    if (descriptor.kind === 'file')
      return { error: ESUCCESS, bytes: BigInt(Math.max(0, descriptor.node.size - descriptor.offset)) };
    return { error: ESUCCESS, bytes: 0n };
  } catch (error) {
    if (error instanceof WasiError) return { error: error.errno, bytes: 0n };
    throw error;
  }
}

function putEvent(host: WasiHost, at: number, event: Event): void {
  host.memory.slice(at, EVENT_BYTES).fill(0);
  host.memory.setU64(at, event.userdata);
  host.memory.setU16(at + 8, event.error);
  host.memory.setU8(at + 10, event.type);
  host.memory.setU64(at + 16, event.bytes);
}
