// Takes each statement that a log brought, once it is stored, verifies it and hands it to the service it concerns.
// A log may hold anything its author signed into it: what does not verify stays in the log and goes no further.

import { AGENT_CARD_TYPE, type VerifiedCard, verifyCard } from '../../protocol/card/index.ts';
import { decodeEnvelope } from '../../protocol/envelope/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
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

/** Routes statements to services. */
export class StatementRouter {
  readonly #handlers: RouterHandlers;
  readonly #log: Logger;

  constructor(deps: { handlers: RouterHandlers; log: Logger }) {
    this.#handlers = deps.handlers;
    this.#log = deps.log;
  }

  /** Verifies one stored body and hands it on. Never throws on what a stranger wrote. */
  apply(body: Uint8Array | null, found: Found): void {
    if (body === null) return;
    try {
      const envelope = decodeEnvelope(body);
      if (envelope.payloadType === AGENT_CARD_TYPE) this.#handlers.card(verifyCard(envelope), found);
      else if (envelope.payloadType === STATEMENT_PAYLOAD_TYPE)
        this.#handlers.statement(verifyAgentStatement(envelope), found);
    } catch (error) {
      if (!isZeroError(error)) throw error;
      this.#log.debug(
        { ...found.position, code: error.code, error: error.message },
        'a logged statement is not valid here',
      );
    }
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
