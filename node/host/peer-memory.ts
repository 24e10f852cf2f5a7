// What the database says of the peers that the host speaks with, in memory: the host reads a peer's entry with every stream that it
// opens or accepts. A reader's copy only; every write goes to the database too, and one that fails there is forgotten here.

import type { Libp2pOptions } from 'libp2p';
import { RecentMap } from '../../protocol/bounded/index.ts';

type Datastore = NonNullable<Libp2pOptions['datastore']>;

const PEERS = '/peers/';
/** Entries kept, some kB each; the one that was not asked for longest goes first. */
const ENTRIES_MAX = 512;

/** The datastore, with peers' entries read from memory where they were read or written before. */
export function rememberPeers(datastore: Datastore): Datastore {
  const entries = new RecentMap<string, Uint8Array>(ENTRIES_MAX);
  // Counts writes: what was read before a write is not to be kept after it.
  let writes = 0;
  const keep = (name: string, bytes: Uint8Array): void => {
    entries.set(name, bytes);
  };
  const forget = (name: string): void => {
    writes += 1;
    entries.delete(name);
  };
  const members: Pick<Datastore, 'get' | 'put' | 'delete'> = {
    async get(key, options) {
      const name = key.toString();
      const known = entries.get(name);
      if (known !== undefined) {
        keep(name, known);
        return known;
      }
      const before = writes;
      const bytes = await datastore.get(key, options);
      if (name.startsWith(PEERS) && before === writes) keep(name, bytes);
      return bytes;
    },
    async put(key, value, options) {
      const name = key.toString();
      if (!name.startsWith(PEERS)) return await datastore.put(key, value, options);
      // Whoever writes an entry reads it again at once; the library writes one at a time for each peer.
      writes += 1;
      keep(name, value);
      try {
        return await datastore.put(key, value, options);
      } catch (error) {
        forget(name);
        throw error;
      }
    },
    async delete(key, options) {
      const name = key.toString();
      forget(name);
      await datastore.delete(key, options);
      forget(name);
    },
  };
  return new Proxy(datastore, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof typeof members];
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
