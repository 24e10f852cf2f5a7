// How a database was written to: whether each write was to be on disk before it was acknowledged. Parts of the database write through it.

import type { Database } from '../../node/storage/index.ts';

/** Where each method has its options. */
const OPTIONS_AT = { put: 2, del: 1, batch: 1 } as const;

/** Notes of each write from now on whether it was durable; or lets it fail, where that is set. */
export function watchWrites(db: Database): { readonly durable: boolean[]; failure: Error | undefined } {
  const watched = { durable: [] as boolean[], failure: undefined as Error | undefined };
  for (const [name, at] of Object.entries(OPTIONS_AT)) {
    const write = (Reflect.get(db, name) as (...args: unknown[]) => Promise<void>).bind(db);
    Reflect.set(db, name, (...args: unknown[]) => {
      // A batch that is put together step by step: the log's own tests watch those.
      if (args.length === 0) return write();
      if (watched.failure !== undefined) return Promise.reject(watched.failure);
      watched.durable.push((args[at] as { readonly sync?: boolean } | undefined)?.sync === true);
      return write(...args);
    });
  }
  return watched;
}
