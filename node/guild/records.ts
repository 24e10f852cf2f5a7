// What of a guild is on disk: that this node sits in it, and where the others are. No key, no content. So a node that crashed can tell the
// others at its next start that it is gone; a guild that ended leaves nothing, not even in files that LevelDB has not cleaned yet.

import { toHex } from '../../protocol/bytes/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { type Database, type JsonLevel, jsonLevel } from '../storage/index.ts';
import { groupOf } from './group-id.ts';

/** One guild that this node sits in. */
export interface GuildRecord {
  readonly guild: string;
  readonly agent: AgentId;
  readonly owner: AgentId;
  /** Epoch in which this node took its seat. */
  readonly since: number;
  readonly untilMs: number;
  readonly others: readonly { readonly agent: AgentId; readonly peer: string }[];
}

const NAME = 'guilds';

/** LevelDB's own book-keeping repeats keys for a while after they are deleted: they are hashes, and say nothing. */
const keyOf = (guild: string) => toHex(groupOf(guild));

/** The records of one node. */
export class GuildRecords {
  readonly #db: Database;
  readonly #level: JsonLevel<GuildRecord>;

  constructor(db: Database) {
    this.#db = db;
    this.#level = jsonLevel<GuildRecord>(db, NAME);
  }

  /** Records left by the last run. */
  async all(): Promise<GuildRecord[]> {
    return await this.#level.values().all();
  }

  /** Written before the seat is taken. Without fsync: a power cut at worst loses the good-bye, and the others find out by the silence. */
  async put(record: GuildRecord): Promise<void> {
    await this.#level.put(keyOf(record.guild), record);
  }

  async delete(guild: string): Promise<void> {
    await this.#level.del(keyOf(guild));
  }

  /** Rewrites the files that may still hold deleted records. */
  async compact(): Promise<void> {
    const level = this.#db as unknown as { compactRange(start: string, end: string): Promise<void> };
    await level.compactRange(`!${NAME}!`, `!${NAME}"`);
  }
}
