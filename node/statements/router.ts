// Takes each statement that a log brought, verifies it, and hands it, once it is stored, to the service it concerns.
// A log may hold anything its author signed into it: what does not verify stays in the log and goes no further.

import { AGENT_CARD_TYPE, type VerifiedCard, verifyCard } from '../../protocol/card/index.ts';
import { decodeEnvelope, envelopeId } from '../../protocol/envelope/index.ts';
import { type ErrorCode, isZeroError } from '../../protocol/errors/index.ts';
import {
  type AgentStatement,
  STATEMENT_PAYLOAD_TYPE,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import type { LogPosition, LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';

/** Statements between two pauses, so that a long replay leaves the event loop to others. */
const BREATH_EVERY = 200;

/** Where a statement was found, and whether it is new (or read again at start). */
export interface Found {
  readonly position: LogPosition;
  readonly live: boolean;
}

export interface RouterHandlers {
  readonly card: (card: VerifiedCard, found: Found) => void;
  readonly statement: (statement: AgentStatement, found: Found) => void;
}

/** A verified body. */
export type Readable =
  | { readonly kind: 'card'; readonly card: VerifiedCard }
  | { readonly kind: 'statement'; readonly statement: AgentStatement };

/** What came of reading a body: its id, and the statement in it, or the code of what is wrong with it. */
export interface ReadBody {
  readonly id: string | undefined;
  readonly statement: Readable | undefined;
  readonly code: ErrorCode | undefined;
}

/** Routes statements to services. */
export class StatementRouter {
  readonly #handlers: RouterHandlers;
  readonly #log: Logger;

  constructor(deps: { handlers: RouterHandlers; log: Logger }) {
    this.#handlers = deps.handlers;
    this.#log = deps.log;
  }

  /** Verifies a body. Never throws on what a stranger wrote; a body of another type is neither statement nor error. */
  read(body: Uint8Array): ReadBody {
    let id: string | undefined;
    try {
      const envelope = decodeEnvelope(body);
      id = envelopeId(envelope);
      const statement: Readable | undefined =
        envelope.payloadType === AGENT_CARD_TYPE
          ? { kind: 'card', card: verifyCard(envelope) }
          : envelope.payloadType === STATEMENT_PAYLOAD_TYPE
            ? { kind: 'statement', statement: verifyAgentStatement(envelope) }
            : undefined;
      return { id, statement, code: undefined };
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return { id, statement: undefined, code: error.code };
    }
  }

  /** Hands a verified, stored statement on. A service that refuses it has the last word; nothing is thrown for it. */
  deliver(readable: Readable, found: Found): void {
    try {
      if (readable.kind === 'card') this.#handlers.card(readable.card, found);
      else this.#handlers.statement(readable.statement, found);
    } catch (error) {
      if (!isZeroError(error)) throw error;
      this.#refused(found, error.code);
    }
  }

  /** Verifies one stored body and hands it on. Never throws on what a stranger wrote. */
  apply(body: Uint8Array | null, found: Found): void {
    if (body === null) return;
    const { statement, code } = this.read(body);
    if (statement !== undefined) this.deliver(statement, found);
    else if (code !== undefined) this.#refused(found, code);
  }

  #refused(found: Found, code: ErrorCode): void {
    this.#log.debug({ ...found.position, code }, 'a logged statement is not valid here');
  }

  /** Reads every log again, as at start: the services' state is a function of the logs. */
  async replay(store: LogStore): Promise<number> {
    let count = 0;
    for (const { origin, size } of store.states()) {
      for await (const { index, statementId, body } of store.entries(origin, 0, size)) {
        this.apply(body, { position: { origin, index, statementId }, live: false });
        count += 1;
        if (count % BREATH_EVERY === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    return count;
  }
}
