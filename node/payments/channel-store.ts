// Sides of channels on disk: one record a side, written durably before anything follows from it.

import { fromBase64, toBase64 } from '../../protocol/bytes/index.ts';
import {
  type ChannelState,
  channelFromStored,
  channelToStored,
  type Side,
  termsOf,
} from '../../protocol/channel/index.ts';
import { type Envelope, encodeEnvelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';
import { CHANNEL_OPEN_PREDICATE, verifyAgentStatement } from '../../protocol/statement/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';

interface Stored {
  readonly open: string;
  readonly state: JsonObject;
}

/** A side with the opening of its channel. */
export interface HeldSide {
  readonly open: Envelope;
  readonly state: ChannelState;
}

/** Key of one side: both sides of a channel may live on one node. */
export function sideKey(channel: string, side: Side): string {
  return `${channel}/${side}`;
}

/** The store of sides. */
export class ChannelStore {
  readonly #sides: JsonLevel<Stored>;
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    this.#sides = jsonLevel<Stored>(db, 'channel-sides');
  }

  /** Every side, verified again. Throws DATA_CORRUPT. */
  async *load(): AsyncGenerator<HeldSide> {
    for await (const [key, stored] of this.#sides.iterator()) {
      try {
        const statement = verifyAgentStatement(fromBase64(stored.open), CHANNEL_OPEN_PREDICATE);
        yield { open: statement.envelope, state: channelFromStored(termsOf(statement), stored.state) };
      } catch (cause) {
        throw new ZeroError('DATA_CORRUPT', `the stored channel ${key} is damaged`, { cause });
      }
    }
  }

  /** Stores a side; resolves when it is on disk. Throws STORAGE_FAILED. */
  async put({ open, state }: HeldSide): Promise<void> {
    const stored: Stored = { open: toBase64(encodeEnvelope(open)), state: channelToStored(state) };
    try {
      await this.#db
        .batch()
        .put(sideKey(state.terms.channel, state.side), stored, { sublevel: this.#sides as never } as never)
        .write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'the channel could not be written', { cause });
    }
  }
}
