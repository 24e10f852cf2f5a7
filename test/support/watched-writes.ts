// How databases were written to: whether each write was to be on disk before it was acknowledged. Parts of a database write through it.

import type { Database } from '../../node/storage/index.ts';

/** Where each method has its options. */
const OPTIONS_AT = { put: 2, del: 1, batch: 1 } as const;

type Write = (...args: unknown[]) => Promise<void>;

/** What was seen. */
export interface WatchedWrites {
  /** Of each write, whether it was durable. */
  readonly durable: boolean[];
  /** Lets writes fail while it is set. */
  failure: Error | undefined;
  [Symbol.dispose](): void;
}

/** Watches the writes of a database, or those of every one that comes from a prototype. */
export function watchWrites(db: Database): WatchedWrites {
  const before = Object.keys(OPTIONS_AT).map(
    (name) => [name, Object.getOwnPropertyDescriptor(db, name)] as const,
  );
  const watched: WatchedWrites = {
    durable: [],
    failure: undefined,
    [Symbol.dispose]() {
      for (const [name, own] of before)
        if (own === undefined) Reflect.deleteProperty(db, name);
        else Object.defineProperty(db, name, own);
    },
  };
  for (const [name, at] of Object.entries(OPTIONS_AT)) {
    const write = Reflect.get(db, name) as Write;
    Reflect.set(db, name, function (this: Database, ...args: unknown[]) {
      // A batch that is put together step by step: the log's own tests watch those.
      if (args.length === 0) return write.call(this);
      if (watched.failure !== undefined) return Promise.reject(watched.failure);
      watched.durable.push((args[at] as { readonly sync?: boolean } | undefined)?.sync === true);
      return write.apply(this, args);
    });
  }
  return watched;
}
