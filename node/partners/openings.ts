// Fetches what partners open of their sealed statements, in the order of their logs, and opens what is kept. Nothing is kept unchecked.

import type { PeerId } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import { decodeLogEntry, originOf } from '../../protocol/log/index.ts';
import { type Opening, verifyOpening } from '../../protocol/partner/index.ts';
import { type AgentStatement, isStatementOf, SEALED_PREDICATE } from '../../protocol/statement/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore } from '../log/index.ts';
import type { RowProtocol, RowStreams } from '../rpc/row-streams.ts';
import type { StatementRouter } from '../statements/router.ts';
import { connectedPeer } from './ask-partner.ts';
import {
  ENTRIES_PER_ROUND_MAX,
  EXCHANGE_MS_MAX,
  OPENINGS_PER_ROUND_MAX,
  SHORT_ROUNDS_MAX,
} from './limits.ts';
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
   * DISCLOSURE_INVALID for an opening that is not what was committed to, DECODE_FAILED, STORAGE_FAILED. Where it got to is written once for many
   * rounds: who is fetched again what it has keeps nothing of it twice.
   */
  async fetch(partner: Partner): Promise<number> {
    const { book, host, store } = this.#deps;
    const peer = connectedPeer(host, partner);
    const agreement = partner.taken?.agreement.id;
    if (peer === undefined || agreement === undefined) return 0;
    const origin = originOf(peer.toString());
    const held = store.state(origin).size;
    // Under another agreement other things may be open: from the beginning.
    let next = partner.opened.agreement === agreement ? partner.opened.next : 0;
    let kept = next;
    const keep = async () => {
      if (next > kept) await book.change(partner.agent, { opened: { agreement, next } });
      kept = next;
    };
    let added = 0;
    try {
      for (let short = 0; next < held && short <= SHORT_ROUNDS_MAX; ) {
        const round = await this.#round(peer, origin, next, held);
        added += round.added;
        if (round.next === next) break;
        const isShort = round.next - next < ENTRIES_PER_ROUND_MAX && round.shown < OPENINGS_PER_ROUND_MAX;
        if (isShort) short += 1;
        next = round.next;
        if (next - kept >= ENTRIES_PER_ROUND_MAX) await keep();
      }
    } finally {
      await keep();
    }
    return added;
  }

  /** One round from a position on: where to go on from, how many openings were shown, and how many of them were new. */
  async #round(peer: PeerId, origin: string, from: number, held: number) {
    const { protocol, sealed, streams } = this.#deps;
    const signal = AbortSignal.timeout(EXCHANGE_MS_MAX);
    let at = from;
    let shown = 0;
    let added = 0;
    for await (const bytes of streams.ask(peer, protocol, encodeOpeningsRequest(from), signal)) {
      const frame = decodeOpeningFrame(bytes);
      if ('next' in frame) return { next: Math.min(held, Math.max(from, frame.next)), shown, added };
      // Its log is longer than what is here: all before was shown.
      if (frame.index >= held) return { next: held, shown, added };
      if (frame.index < at) throw new ZeroError('DECODE_FAILED', 'the openings are out of order');
      at = frame.index + 1;
      shown += 1;
      const statement = await this.#sealedAt(origin, frame.index, frame.statementId);
      if (statement === undefined) continue;
      verifyOpening(statement.statement.predicate, frame.opening);
      if (await sealed.keepOpening(frame.statementId, frame.opening)) added += 1;
    }
    return { next: from, shown, added };
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
