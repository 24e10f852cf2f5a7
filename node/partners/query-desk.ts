// Answers the queries of partners: within the agreement's scope and budgets, row by row, and signed at the end with the key of the own log,
// so that what is left out or taken from an old head can be held against this node.

import type { PeerId } from '@libp2p/interface';
import { sha256 } from '../../protocol/crypto/index.ts';
import type { Signer } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  type Checkpoint,
  decodeLogEntry,
  EMPTY_ROOT,
  HASH_BYTES,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import { decodeRequest, openingFor, type PartnerRequest, signAnswer } from '../../protocol/partner/index.ts';
import type { EndReason } from '../../protocol/provenance/index.ts';
import type { Clock } from '../clock/index.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { ProvenanceSource } from '../provenance/ports.ts';
import type { RowProtocol, RowStreams } from '../rpc/row-streams.ts';
import { Serial } from '../serial.ts';
import { Batcher } from './batcher.ts';
import type { PartnerBudgets } from './budget.ts';
import { ENTRIES_PER_ROUND_MAX, OPENING_BYTES_MAX, OPENINGS_PER_ROUND_MAX } from './limits.ts';
import { isInForce, type Partner, type PartnerBook } from './partner-book.ts';
import { encodeOpening, type SealedStore } from './sealed-store.ts';
import {
  type AnswerFrame,
  decodeOpeningsRequest,
  encodeFrame,
  encodeOpeningFrame,
  openingProtocol,
  queryProtocol,
} from './wire.ts';

/** Reasons for which an answer is still all that the asker may know. */
const WHOLE: readonly EndReason[] = ['withheld', 'unproven-origin'];

export interface QueryDeskDeps {
  readonly streams: RowStreams;
  readonly book: PartnerBook;
  readonly budgets: PartnerBudgets;
  readonly sealed: SealedStore;
  readonly source: ProvenanceSource;
  readonly ownLog: OwnLog;
  readonly signer: Signer;
  readonly entries: (from: number, to: number) => AsyncIterable<{ index: number; statementId: string }>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
}

type Head = Pick<Checkpoint, 'size' | 'root'>;
type Send = (frame: AnswerFrame) => Promise<void>;

/** About how many bytes a frame is: what makes rows large is counted, what is the same in each is not. */
function bytesOf(frame: AnswerFrame): number {
  if (frame.kind === 'answer') return frame.bytes.length;
  if (frame.kind === 'opening') return encodeOpening(frame.opening).length;
  if (frame.kind === 'error') return frame.message.length;
  const { row } = frame;
  if (row.kind === 'statement')
    return (row.body?.length ?? 0) + row.record.length + row.proof.length * HASH_BYTES + 128;
  return row.kind === 'completeness' ? row.map.length + row.root.body.length + 128 : 512;
}

/** Serves partners. */
export class QueryDesk {
  readonly #deps: QueryDeskDeps;
  /** Rounds of openings, one at a time for each partner: it asks for the next when it has read the one before. */
  readonly #rounds = new Serial();
  readonly query: RowProtocol;
  readonly openings: RowProtocol;

  constructor(deps: QueryDeskDeps) {
    this.#deps = deps;
    this.query = queryProtocol(deps.network);
    this.openings = openingProtocol(deps.network);
  }

  async start(): Promise<void> {
    const { clock, streams } = this.#deps;
    await streams.handle(this.query, async (request, peer, send, signal) => {
      const batcher = new Batcher(clock, send);
      let isFirst = true;
      await this.#answer(
        request,
        peer,
        async (frame) => {
          const isRow = frame.kind === 'row' && frame.row.kind === 'statement';
          await batcher.push(encodeFrame(frame), isRow && isFirst);
          if (isRow) isFirst = false;
        },
        signal,
      );
      await batcher.flush();
    });
    await streams.handle(this.openings, async (request, peer, send, signal) => {
      const from = decodeOpeningsRequest(request);
      const { agent } = this.#partnerOf(peer);
      await this.#rounds.run(agent, async () => {
        signal.throwIfAborted();
        await this.#open(from, this.#partnerOf(peer), send, signal);
      });
    });
  }

  /** Throws PARTNER_REFUSED. */
  #partnerOf(peer: PeerId): Partner {
    const { book, clock } = this.#deps;
    const partner = book.ofPeer(peer.toString());
    if (partner === undefined)
      throw new ZeroError('PARTNER_REFUSED', 'this peer speaks for no partner of this node');
    if (!isInForce(partner.given, clock.now()))
      throw new ZeroError('PARTNER_REFUSED', 'the agreement with this partner is not in force');
    return partner;
  }

  async #answer(bytes: Uint8Array, peer: PeerId, send: Send, signal: AbortSignal): Promise<void> {
    const { log, metrics } = this.#deps;
    try {
      const partner = this.#partnerOf(peer);
      const request = decodeRequest(bytes);
      this.#admit(partner, request);
      await this.#rows(partner, request, sha256(bytes), send, signal);
      metrics.count('zerostate_partner_served_total', { result: 'ok' });
    } catch (error) {
      const code = isZeroError(error) ? error.code : 'INTERNAL';
      metrics.count('zerostate_partner_served_total', {
        result: code === 'PARTNER_BUDGET' ? 'budget' : 'refused',
      });
      if (!isZeroError(error)) log.error({ err: error }, 'a partner’s query failed');
      await send({ kind: 'error', code, message: isZeroError(error) ? error.message : 'internal error' });
    }
  }

  #admit(partner: Partner, { asker, origin, known }: PartnerRequest): void {
    const { book, budgets, ownLog } = this.#deps;
    if (asker !== partner.agent)
      throw new ZeroError('PARTNER_REFUSED', 'the peer does not speak for this agent');
    if (origin !== ownLog.origin) throw new ZeroError('PARTNER_REFUSED', 'the question is to another log');
    if (!budgets.takeQuery(partner.agent, partner.given.agreement.budget, book.standing(partner).share))
      throw new ZeroError('PARTNER_BUDGET', 'the agreed queries are used up');
    // Signed here once and not at hand: an answer now would be given from an old head.
    const lost = ownLog.lost ?? (known === null ? undefined : verifyNodeCheckpoint(known, origin));
    if (lost !== undefined && lost.size > ownLog.state().size)
      throw new ZeroError('LOG_RECOVERING', 'this log waits for entries that it has lost');
  }

  async #rows(
    partner: Partner,
    { apart, known, query }: PartnerRequest,
    request: Uint8Array,
    send: Send,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, ownLog, signer, source } = this.#deps;
    const { origin } = ownLog;
    const { budget } = partner.given.agreement;
    const limit = Math.min(query.limit, Math.max(1, budget.rowsPerQuery));
    await source.prepare?.(query);
    const before = ownLog.state();
    // What is on disk reaches the index within the same turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    let head: Head | undefined;
    const indexes = new Set<number>();
    let reasons: readonly EndReason[] = ['aborted'];
    let rows = 0;
    // A proof of completeness along a walk needs every step of it.
    const others = query.prove && query.depth > 0 ? new Set<string>() : new Set(apart);
    const isApart = (log: string) => log !== origin && others.has(log);
    // The head that the answer is signed for: with it a second history of this log would show.
    const showHead = async (checkpoint: string) => {
      head = verifyNodeCheckpoint(checkpoint, origin);
      if (known !== null && verifyNodeCheckpoint(known, origin).size > head.size)
        throw new ZeroError('BUSY', 'the index is behind the log');
      await this.#send(partner, { kind: 'row', row: { kind: 'head', origin, checkpoint } }, send);
    };
    for await (const row of source.query({ ...query, limit }, { signal })) {
      if (row.kind === 'head' && row.origin === origin) {
        await showHead(row.checkpoint);
        continue;
      }
      if (row.kind !== 'end' && row.kind !== 'completeness' && isApart(row.origin)) continue;
      if (row.kind === 'end') {
        reasons = row.reasons;
        if (head === undefined && before.checkpoint !== '') await showHead(before.checkpoint);
      }
      if (row.kind === 'statement') rows += 1;
      const sent = row.kind === 'end' ? { ...row, rows } : row;
      await this.#send(partner, { kind: 'row', row: sent }, send);
      if (row.kind !== 'statement') continue;
      if (row.origin === origin) indexes.add(row.index);
      const { statementId } = decodeLogEntry(row.record);
      const opening = await this.#openingOf(partner, statementId);
      if (opening !== null) await this.#send(partner, { kind: 'opening', statementId, opening }, send);
    }
    const bytes = signAnswer(
      {
        origin,
        request,
        size: head?.size ?? 0,
        root: head?.root ?? EMPTY_ROOT,
        indexes: [...indexes].sort((a, b) => a - b),
        // An entry that came while the answer was under way may be under its head and not in it: then it claims less.
        isCut: reasons.some((reason) => !WHOLE.includes(reason)) || (head?.size ?? 0) > before.size,
        issuedAtMs: clock.now(),
      },
      signer,
    );
    await this.#send(partner, { kind: 'answer', bytes }, send);
  }

  async #openingOf(partner: Partner, statementId: string) {
    const secret = await this.#deps.sealed.secret(statementId);
    if (secret === undefined) return null;
    const opening = openingFor(partner.given.agreement.scope, secret);
    return opening === null || encodeOpening(opening).length > OPENING_BYTES_MAX ? null : opening;
  }

  async #send(partner: Partner, frame: AnswerFrame, send: Send): Promise<void> {
    const { book, budgets } = this.#deps;
    const bytes = bytesOf(frame);
    if (
      !budgets.takeBytes(partner.agent, partner.given.agreement.budget, book.standing(partner).share, bytes)
    )
      throw new ZeroError('PARTNER_BUDGET', 'the agreed bytes are used up');
    await send(frame);
  }

  /** Openings of the own log from a position on, within the scope; then the position to go on from. */
  async #open(
    from: number,
    partner: Partner,
    send: (frame: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const { book, budgets, entries, ownLog } = this.#deps;
    const { agreement } = partner.given;
    const { size } = ownLog.state();
    let next = Math.min(from, size);
    let sent = 0;
    for await (const { index, statementId } of entries(next, Math.min(size, next + ENTRIES_PER_ROUND_MAX))) {
      signal.throwIfAborted();
      if (sent >= OPENINGS_PER_ROUND_MAX) break;
      const opening = await this.#openingOf(partner, statementId);
      if (opening !== null) {
        const frame = encodeOpeningFrame({ index, statementId, opening });
        if (!budgets.takeBytes(partner.agent, agreement.budget, book.standing(partner).share, frame.length))
          break;
        await send(frame);
        sent += 1;
      }
      next = index + 1;
    }
    await send(encodeOpeningFrame({ next }));
  }
}
