// libp2p's datastore (peer store, DHT records) as a sub-level of the node's one database.

import { LevelDatastore } from 'datastore-level';
import { bytesLevel, type Database } from '../storage/index.ts';

/** A libp2p datastore over the sub-level "libp2p"; it is open as long as the database is. */
export function datastoreOver(db: Database): LevelDatastore {
  // LevelDatastore wants a Level; a sub-level has the same methods, and it uses no others.
  return new LevelDatastore(
    bytesLevel(db, 'libp2p') as unknown as ConstructorParameters<typeof LevelDatastore>[0],
  );
}
