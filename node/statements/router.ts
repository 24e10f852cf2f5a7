// Takes each statement that a log brought, verifies it, and hands it, once it is stored, to the service it concerns.
// A log may hold anything its author signed into it: what does not verify stays in the log and goes no further.

import { AGENT_CARD_TYPE, type VerifiedCard, verifyCard } from '../../protocol/card/index.ts';
import {
  decodeEnvelope,
  type Envelope,
  envelopeId,
  isCheckKept,
  primedParts,
} from '../../protocol/envelope/index.ts';
import { type ErrorCode, isZeroError } from '../../protocol/errors/index.ts';
import { withKeychains } from '../../protocol/identity/index.ts';
import {
  type AgentStatement,
  STATEMENT_PAYLOAD_TYPE,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import type { LogPosition, LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';

/** Statements read from the disk at once: their signatures are checked on other threads while the ones before are applied. */
const REPLAY_PART = 512;
/** Statements held back during the replay of one log, so that they are applied in its order; older ones are applied as they come. */
const REPLAY_HELD_MAX = 50_000;

/** Where a statement was found, and whether it is new (or read again at start). */
export interface Found {
  readonly position: LogPosition;
  readonly live: boolean;
}

export interface RouterHandlers {
  readonly card: (card: VerifiedCard, found: Found) => void;
  readonly statement: (statement: AgentStatement, found: Found) => void;
  /** True when a card that claims to be this one could change nothing: it is spared the verification at replay. */
  readonly isSuperseded?: (card: Envelope) => boolean;
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
  readonly #listeners: RouterHandlers['statement'][] = [];
  readonly #observers: RouterHandlers['statement'][] = [];
  /** Whether a verified statement is handed on; set by the policy. What it refuses stays in its log and goes no further. */
  accept: (statement: AgentStatement, found: Found) => boolean = () => true;

  constructor(deps: { handlers: RouterHandlers; log: Logger }) {
    this.#handlers = deps.handlers;
    this.#log = deps.log;
  }

  /** Calls a listener with each verified, stored statement that is no card, at replay too. For parts made after the router. */
  listen(listener: RouterHandlers['statement']): void {
    this.#listeners.push(listener);
  }

  /**
   * Verifies a body. Never throws on what a stranger wrote; a body of another type is neither statement nor error. `knownId` is the id of these
   * very bytes, where whoever brings them has just made it.
   */
  read(body: Uint8Array | Envelope, knownId?: string): ReadBody {
    let id = knownId;
    try {
      const envelope = body instanceof Uint8Array ? decodeEnvelope(body) : body;
      id ??= envelopeId(envelope);
      const statement: Readable | undefined =
        envelope.payloadType === AGENT_CARD_TYPE
          ? { kind: 'card', card: verifyCard(envelope) }
          : envelope.payloadType === STATEMENT_PAYLOAD_TYPE
            ? { kind: 'statement', statement: verifyAgentStatement(envelope, undefined, id) }
            : undefined;
      return { id, statement, code: undefined };
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return { id, statement: undefined, code: error.code };
    }
  }

  /** Calls an observer with each verified, stored statement that is no card, also with those that policy keeps from the other parts. */
  observe(observer: RouterHandlers['statement']): void {
    this.#observers.push(observer);
  }

  /** Hands a verified, stored statement on. A service that refuses it has the last word; nothing is thrown for it. */
  deliver(readable: Readable, found: Found): void {
    if (readable.kind === 'card') this.#hand(() => this.#handlers.card(readable.card, found), found);
    else {
      const { statement } = readable;
      for (const observer of this.#observers) this.#hand(() => observer(statement, found), found);
      if (!this.accept(statement, found)) this.#refused(found, 'POLICY_DENIED');
      else
        for (const handler of [this.#handlers.statement, ...this.#listeners])
          this.#hand(() => handler(statement, found), found);
    }
  }

  #hand(deliver: () => void, found: Found): void {
    try {
      deliver();
    } catch (error) {
      if (!isZeroError(error)) throw error;
      this.#refused(found, error.code);
    }
  }

  /** Verifies one stored body and hands it on. Never throws on what a stranger wrote. */
  apply(body: Uint8Array | Envelope | null, found: Found): void {
    if (body === null) return;
    const { statement, code } = this.read(body);
    if (statement !== undefined) this.deliver(statement, found);
    else if (code !== undefined) this.#refused(found, code);
  }

  #refused(found: Found, code: ErrorCode): void {
    this.#log.debug({ ...found.position, code }, 'a logged statement is not valid here');
  }

  /**
   * Reads every log again, as at start: the services' state is a function of the logs. From the newest entry back, so that of an agent's
   * many cards only the newest is verified; other statements reach their services in the order of the log.
   */
  async replay(store: LogStore): Promise<number> {
    let count = 0;
    for (const { origin, size } of store.states()) {
      const held: { statement: Readable; found: Found }[] = [];
      const read = (end: number) =>
        end > 0 ? this.#readPart(store, origin, Math.max(0, end - REPLAY_PART), end) : Promise.resolve([]);
      let next = read(size);
      for (let end = size; end > 0; end -= REPLAY_PART) {
        const part = await next;
        // The disk is read while the part before is applied.
        next = read(end - REPLAY_PART);
        // Whoever waits for it later hears of a failure.
        next.catch(() => {});
        count += part.length;
        const parts = primedParts(part.reverse(), ({ envelope }) => envelope, freshChecks, { isKept: true });
        for await (const checked of parts) {
          for (const { position, envelope } of checked) {
            if (envelope === null || this.#isSpared(envelope)) continue;
            const found = { position, live: false };
            const { statement, code } = this.read(envelope);
            if (code !== undefined) this.#refused(found, code);
            if (statement?.kind === 'statement' && held.length < REPLAY_HELD_MAX)
              held.push({ statement, found });
            else if (statement !== undefined) this.deliver(statement, found);
          }
          // A long replay leaves the event loop to others.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      for (const { statement, found } of held.reverse()) this.deliver(statement, found);
    }
    return count;
  }

  #isSpared(envelope: Envelope): boolean {
    return envelope.payloadType === AGENT_CARD_TYPE && this.#handlers.isSuperseded?.(envelope) === true;
  }

  /** Entries [from, to) of a log; a card that is superseded already comes without its envelope. */
  async #readPart(store: LogStore, origin: string, from: number, to: number) {
    const part: { position: LogPosition; envelope: Envelope | null }[] = [];
    for await (const { index, statementId, body } of store.entries(origin, from, to)) {
      const envelope = envelopeOf(body);
      const spared = envelope !== null && this.#isSpared(envelope);
      part.push({ position: { origin, index, statementId }, envelope: spared ? null : envelope });
    }
    return part;
  }
}

/** What of a part is to be checked ahead: nothing where its first was checked in an earlier run, for so were the others as a rule. */
function freshChecks(envelopes: readonly Envelope[]): Envelope[] {
  const [first] = envelopes;
  return first === undefined || isCheckKept(first) ? [] : withKeychains(envelopes);
}

function envelopeOf(body: Uint8Array | null): Envelope | null {
  if (body === null) return null;
  try {
    return decodeEnvelope(body);
  } catch {
    return null;
  }
}
