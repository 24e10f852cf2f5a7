// Revocations that a gossiped head brings, taken before their log: a statement proves itself, and on a busy node what is to be stored waits for
// the disk, for what came before it, and for a log of which a part is still missing. From here on the card is refused; the statement comes again
// with its log, and only then is it kept, served and shown with its place. Nothing else is taken this way.

import { utf8 } from '../../protocol/bytes/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { type AgentStatement, isStatementOf, REVOCATION_PREDICATE } from '../../protocol/statement/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import type { StatementRouter } from '../statements/router.ts';

/**
 * Agents of which one was taken ahead: what no log holds takes no quota of a log, so of each agent that is known here it is one, and of all
 * together so many. The rest comes with the logs.
 */
export const AHEAD_MAX = 10_000;

const NAME = Buffer.from(utf8(REVOCATION_PREDICATE));

export interface AheadDeps {
  readonly book: Pick<CardBook, 'get'>;
  readonly router: Pick<StatementRouter, 'read'>;
  /** Takes a verified revocation without a place in a log. */
  readonly take: (statement: AgentStatement) => void;
}

/** Takes revocations ahead of their logs. */
export class RevocationsAhead {
  readonly #deps: AheadDeps;
  readonly #agents = new Set<AgentId>();

  constructor(deps: AheadDeps) {
    this.#deps = deps;
  }

  /** Looks for revocations in bodies as they came, signed by agents whose cards are known here. Never throws on what a stranger wrote. */
  look(bodies: Iterable<Uint8Array | null>): void {
    for (const body of bodies) {
      // Most are no revocations: they are not read twice.
      if (body === null || Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(NAME) < 0) continue;
      const { statement: read } = this.#deps.router.read(body);
      if (read?.kind !== 'statement' || !isStatementOf(read.statement, REVOCATION_PREDICATE)) continue;
      const { issuer } = read.statement;
      if (this.#agents.has(issuer) || this.#agents.size >= AHEAD_MAX) continue;
      if (this.#deps.book.get(issuer) === undefined) continue;
      this.#agents.add(issuer);
      this.#deps.take(read.statement);
    }
  }

  /** A revocation of this agent came with its log: another may be taken ahead. */
  stored(issuer: AgentId): void {
    this.#agents.delete(issuer);
  }
}
