// When a member is asked again under the same token: after its connection broke, and after it has said when to come back.

import { isZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';

/** Pause before a member whose connection broke is asked again, once. */
const BROKEN_MS = 200;
/** The longest pause before a member that refused at its door is asked again. */
const PAUSE_MS_MAX = 1_000;
/** Milliseconds of such pauses in all: after them another member, or a new search, is the better way. */
const PAUSES_MS_MAX = 2_000;

/**
 * Asks until there is an answer, or an error that waiting does not mend. A connection that broke says nothing of the run: the same token joins it.
 * Nor does a refusal that says when to come back: nothing was begun. Its pauses double, as others come back as well; all that were refused
 * together come back together, in one message. Throws the last error, or what `signal` was aborted with.
 */
export async function askAgain<T>(
  ask: () => Promise<T>,
  clock: Pick<Clock, 'after'>,
  signal: AbortSignal,
): Promise<T> {
  let hasBroken = false;
  let waited = 0;
  for (let refusals = 0; ; ) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      const retryMs = retryMsOf(error);
      if (retryMs !== undefined) {
        const ms = Math.min(retryMs * 2 ** refusals, PAUSE_MS_MAX);
        if (waited + ms > PAUSES_MS_MAX) throw error;
        refusals += 1;
        waited += ms;
        await pause(ms, clock, signal);
      } else if (!hasBroken && isZeroError(error) && error.code === 'PEER_UNREACHABLE') {
        hasBroken = true;
        await pause(BROKEN_MS, clock, signal);
      } else throw error;
    }
  }
}

/** When a member that has begun nothing asked to come back, in milliseconds; undefined for any other error. */
function retryMsOf(error: unknown): number | undefined {
  if (!isZeroError(error) || (error.code !== 'BUSY' && error.code !== 'OVERLOADED')) return undefined;
  const retryMs = error.details?.retryMs;
  return typeof retryMs === 'number' ? Math.max(1, retryMs) : undefined;
}

/** Waits; ends at once, by throwing its reason, when `signal` is aborted. */
async function pause(ms: number, clock: Pick<Clock, 'after'>, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const onAbort = () => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  cancel();
  signal.removeEventListener('abort', onAbort);
  signal.throwIfAborted();
}
