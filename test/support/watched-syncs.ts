// When files and folders were flushed to the disk: what had its name by then is what a power cut would leave.

import { open } from 'node:fs/promises';

/** Notes at each flush what `look` says, until it is disposed of. */
export async function watchSyncs<T>(
  look: () => T,
): Promise<{ readonly seen: T[]; [Symbol.dispose](): void }> {
  await using handle = await open(import.meta.filename, 'r');
  const prototype = Object.getPrototypeOf(handle) as { sync: () => Promise<void> };
  const { sync } = prototype;
  const seen: T[] = [];
  prototype.sync = async function () {
    seen.push(look());
    await sync.call(this);
  };
  return {
    seen,
    [Symbol.dispose]() {
      prototype.sync = sync;
    },
  };
}
