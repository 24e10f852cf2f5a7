// A time limit that counts only time in which this process ran: one that stood still has not been kept waiting by anybody, and what its peers
// answered meanwhile lies in its sockets.

/** Longest slice (ms): of a standstill no more than one is counted. */
const SLICE_MS_MAX = 1_000;
/** A timer that comes this late (ms) says that the process stood still. */
const LATE_MS_MIN = 100;
/** Slices added at the end of the limit for a process that stands still again and again. */
const GRACE_MAX = 3;

/** Calls `onEnd` after so many milliseconds, standstills left out. Answers what calls it off. */
export function awakeTimeout(ms: number, onEnd: () => void): () => void {
  let left = ms;
  let grace = GRACE_MAX;
  let timer: NodeJS.Timeout;
  const next = () => {
    const slice = Math.min(left, SLICE_MS_MAX);
    const begun = performance.now();
    timer = setTimeout(() => {
      left -= slice;
      const isLate = performance.now() - begun - slice >= LATE_MS_MIN;
      if (left <= 0 && isLate && grace > 0) {
        grace -= 1;
        left = Math.min(ms, SLICE_MS_MAX);
      }
      if (left > 0) next();
      else onEnd();
    }, slice);
  };
  next();
  return () => clearTimeout(timer);
}
