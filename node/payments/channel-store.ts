// Sides of channels on disk: one record a side, written durably before anything follows from it. Those that are over lie apart: a start does not read
// them.

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
  /** Sides that are over: as many as the logs have channels of agents of this node. */
  readonly #over: JsonLevel<Stored>;
  readonly #db: Database;
  readonly #damaged = new Map<string, string>();

  constructor(db: Database) {
    this.#db = db;
    this.#sides = jsonLevel<Stored>(db, 'channel-sides');
    this.#over = jsonLevel<Stored>(db, 'channels-over');
  }

  /**
   * Every side that is not put away, verified again. One that cannot be read is left where it lies and is in `damaged`: it ends no start, and
   * nothing is written over it.
   */
  async *load(): AsyncGenerator<HeldSide> {
    this.#damaged.clear();
    for await (const [key, stored] of this.#sides.iterator()) {
      let held: HeldSide;
      try {
        held = heldOf(key, stored);
      } catch (error) {
        this.#damaged.set(key, reasonOf(error));
        continue;
      }
      yield held;
    }
  }

  /** Sides that could not be read when all were, and why; as many as a node may hold. */
  get damaged(): ReadonlyMap<string, string> {
    return this.#damaged;
  }

  /** A side that was put away, verified again. Throws DATA_CORRUPT. */
  async over(channel: string, side: Side): Promise<HeldSide | undefined> {
    const key = sideKey(channel, side);
    const stored = await this.#over.get(key);
    return stored === undefined ? undefined : heldOf(key, stored);
  }

  /** Sides that were put away of the channels whose ids end so; at most `most` of them. Throws DATA_CORRUPT. */
  async endingIn(end: string, most: number): Promise<HeldSide[]> {
    const found: HeldSide[] = [];
    for await (const key of this.#over.keys()) {
      const [channel = '', side] = key.split('/') as [string, Side];
      if (!channel.endsWith(end)) continue;
      const held = await this.over(channel, side);
      if (held !== undefined) found.push(held);
      if (found.length >= most) break;
    }
    return found;
  }

  /** Stores a side; resolves when it is on disk. Throws STORAGE_FAILED. */
  async put(held: HeldSide): Promise<void> {
    await this.#write(held, false);
  }

  /** Stores a side that is over, apart from the others; resolves when it is on disk. Throws STORAGE_FAILED. */
  async putAway(held: HeldSide): Promise<void> {
    await this.#write(held, true);
  }

  async #write({ open, state }: HeldSide, isOver: boolean): Promise<void> {
    const key = sideKey(state.terms.channel, state.side);
    if (this.#damaged.has(key))
      throw new ZeroError('DATA_CORRUPT', `the stored channel ${key} is damaged, and is left as it is`);
    const stored: Stored = { open: toBase64(encodeEnvelope(open)), state: channelToStored(state) };
    const into = (level: JsonLevel<Stored>) => ({ sublevel: level as never }) as never;
    try {
      // In one batch: a side is in one of both places, wherever the node ends.
      const batch = this.#db.batch().put(key, stored, into(isOver ? this.#over : this.#sides));
      if (isOver) batch.del(key, into(this.#sides));
      await batch.write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'the channel could not be written', { cause });
    }
  }
}

function heldOf(key: string, stored: Stored): HeldSide {
  try {
    const statement = verifyAgentStatement(fromBase64(stored.open), CHANNEL_OPEN_PREDICATE);
    return { open: statement.envelope, state: channelFromStored(termsOf(statement), stored.state) };
  } catch (cause) {
    throw new ZeroError('DATA_CORRUPT', `the stored channel ${key} is damaged`, { cause });
  }
}

/** The innermost cause, for people. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message : String(innermost);
}
