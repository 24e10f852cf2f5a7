// How busy the one thread of this process is. What is in no hurry looks here first, so that work that somebody waits for comes before it.

import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

/** Milliseconds between two samples of the lag, and for how long one answer holds. */
const SAMPLE_MS = 20;
const HOLDS_MS = 1_000;

let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;
let answered = { at: Number.NEGATIVE_INFINITY, lagMs: 0 };

/** Milliseconds that this thread was late with its timers on average over about the last second. One meter for the process: it has one thread. */
export function loopLagMs(): number {
  const now = performance.now();
  if (delays === undefined) {
    delays = monitorEventLoopDelay({ resolution: SAMPLE_MS });
    delays.enable();
  } else if (now - answered.at >= HOLDS_MS) {
    answered = { at: now, lagMs: delays.count === 0 ? 0 : Math.max(0, delays.mean / 1e6 - SAMPLE_MS) };
    delays.reset();
  }
  return answered.lagMs;
}

/** A meter that answers the share (0 to 1) of the time since its last answer in which this thread had something to do. */
export function busyMeter(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    // No time has passed since.
    return Number.isNaN(utilization) ? 0 : utilization;
  };
}
