// What statements said whose bodies were let go, so that the graph and the committed index are the same after the next start: without them
// an answer would leave out what its own log holds, and convict who gave it.

import type { StatementFacts } from '../../protocol/provenance/index.ts';
import type { LogPosition } from '../log/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel, orderedKey } from '../storage/index.ts';

type Position = Pick<LogPosition, 'origin' | 'index'>;

/** The store. It holds as many as bodies were let go, a kilobyte or so for each. */
export class KeptFacts {
  readonly #db: Database;
  readonly #level: JsonLevel<StatementFacts>;

  constructor(db: Database) {
    this.#db = db;
    this.#level = jsonLevel<StatementFacts>(db, 'provenance-kept');
  }

  /** On disk when it answers: the body may go then, and not before. */
  async keep({ origin, index }: Position, facts: StatementFacts): Promise<void> {
    const key = `${origin}/${orderedKey(index)}`;
    await this.#db.batch().put(key, facts, { sublevel: this.#level }).write(DURABLE);
  }

  /** All of them, each log in its order. */
  async *all(): AsyncGenerator<{ readonly position: Position; readonly facts: StatementFacts }> {
    for await (const [key, facts] of this.#level.iterator()) {
      const slash = key.lastIndexOf('/');
      const position = { origin: key.slice(0, slash), index: Number.parseInt(key.slice(slash + 1), 16) };
      yield { position, facts };
    }
  }
}
