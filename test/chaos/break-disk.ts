// Makes the disk fail under the databases of this process: every write answers EIO until it is mended.

/** What the node's database is made of, as far as writing goes. */
interface Writer {
  put(...args: unknown[]): Promise<void>;
  batch(...args: unknown[]): { write(...args: unknown[]): Promise<void> };
}

/** Lets every write of every database of this process fail; answers a function that ends it. */
export function breakDisk(db: object): () => void {
  const level = Object.getPrototypeOf(Object.getPrototypeOf(db)) as Writer;
  const { put, batch } = level;
  const refuse = () =>
    Promise.reject(Object.assign(new Error('IO error: Input/output error'), { code: 'LEVEL_IO_ERROR' }));
  level.put = refuse;
  level.batch = function (this: unknown, ...args: unknown[]) {
    return args.length > 0 ? (refuse() as never) : Object.assign(batch.call(this), { write: refuse });
  };
  return () => Object.assign(level, { put, batch });
}
