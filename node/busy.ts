// How busy the one thread of this process is. What is in no hurry looks here first, so that work that somebody waits for comes before it.

/** A meter that answers the share (0 to 1) of the time since its last answer in which this thread had something to do. */
export function busyMeter(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
