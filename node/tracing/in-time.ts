// A bound for work that something else may hold up for ever.

/** Waits for work, and no longer than so many milliseconds; then it throws, and the work goes on by itself. */
export async function inTime(work: Promise<void>, ms: number): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timed out')), ms);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
