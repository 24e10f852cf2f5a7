// Fetches what partners open of their sealed statements, in the order of their logs, and opens what is kept. Nothing is kept unchecked.

import { decodeLogEntry, originOf } from '../../protocol/log/index.ts';
import { type Opening, verifyOpening } from '../../protocol/partner/index.ts';
import { type AgentStatement, isStatementOf, SEALED_PREDICATE } from '../../protocol/statement/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore } from '../log/index.ts';
import type { RowProtocol, RowStreams } from '../rpc/row-streams.ts';
import type { StatementRouter } from '../statements/router.ts';
import { connectedPeer } from './ask-partner.ts';
import { EXCHANGE_MS_MAX } from './limits.ts';
import type { Partner, PartnerBook } from './partner-book.ts';
import type { SealedStore } from './sealed-store.ts';
import { decodeOpeningFrame, encodeOpeningsRequest } from './wire.ts';

export interface OpeningsDeps {
  readonly host: Pick<Host, 'getPeers'>;
  readonly streams: RowStreams;
  readonly protocol: RowProtocol;
  readonly router: Pick<StatementRouter, 'read'>;
  readonly store: LogStore;
  readonly book: PartnerBook;
  readonly sealed: SealedStore;
}

type Sealed = AgentStatement<typeof SEALED_PREDICATE>;

/** Fetches openings. */
export class Openings {
  readonly #deps: OpeningsDeps;

  constructor(deps: OpeningsDeps) {
    this.#deps = deps;
  }

  /**
   * Fetches what a partner opens of the part of its log that is held here. Answers how many were new. Throws PEER_UNREACHABLE,
   * DISCLOSURE_INVALID for an opening that is not what was committed to, STORAGE_FAILED.
   */
  async fetch(partner: Partner): Promise<number> {
    const { book, host, protocol, sealed, store, streams } = this.#deps;
    const peer = connectedPeer(host, partner);
    const agreement = partner.taken?.agreement.id;
    if (peer === undefined || agreement === undefined) return 0;
    const origin = originOf(peer.toString());
    const held = store.state(origin).size;
    // Under another agreement other things may be open: from the beginning.
    let next = partner.opened.agreement === agreement ? partner.opened.next : 0;
    let added = 0;
    while (next < held) {
      const before = next;
      const signal = AbortSignal.timeout(EXCHANGE_MS_MAX);
      for await (const bytes of streams.ask(peer, protocol, encodeOpeningsRequest(next), signal)) {
        const frame = decodeOpeningFrame(bytes);
        if ('next' in frame) {
          next = Math.max(next, frame.next);
          break;
        }
        if (frame.index >= held) break;
        const statement = await this.#sealedAt(origin, frame.index, frame.statementId);
        if (statement === undefined) continue;
        verifyOpening(statement.statement.predicate, frame.opening);
        if (await sealed.keepOpening(frame.statementId, frame.opening)) added += 1;
      }
      next = Math.min(next, held);
      if (next === before) break;
      await book.change(partner.agent, { opened: { agreement, next } });
    }
    return added;
  }

  async #sealedAt(origin: string, index: number, statementId: string): Promise<Sealed | undefined> {
    const { router, store } = this.#deps;
    const [record, body] = await Promise.all([store.record(origin, index), store.body(origin, index)]);
    if (record === undefined || body === undefined || decodeLogEntry(record).statementId !== statementId)
      return undefined;
    const { statement } = router.read(body);
    if (statement?.kind !== 'statement' || !isStatementOf(statement.statement, SEALED_PREDICATE))
      return undefined;
    return statement.statement;
  }

  /** Everything that may be seen here of a sealed statement: all of one's own, and what partners opened. */
  async held(statementId: string): Promise<Opening | undefined> {
    const { sealed } = this.#deps;
    const secret = await sealed.secret(statementId);
    if (secret !== undefined)
      return { disclosures: [], whole: { salt: secret.salt, envelope: secret.envelope } };
    return await sealed.opening(statementId);
  }
}
