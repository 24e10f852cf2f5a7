// One abort signal from SIGINT, SIGTERM or the end of the supervisor; a second signal forces the end.

/** Resolves at the first signal; the second one ends the process at once. */
export function untilSignal(options: { supervised?: boolean } = {}): {
  promise: Promise<void>;
  signal: AbortSignal;
} {
  const controller = new AbortController();
  const promise = new Promise<void>((resolve) =>
    controller.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const onSignal = () => {
    if (controller.signal.aborted) process.kill(process.pid, 'SIGKILL');
    controller.abort(new Error('stopped by a signal'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  if (options.supervised === true)
    process.once('disconnect', () => controller.abort(new Error('the supervisor ended')));
  return { promise, signal: controller.signal };
}
