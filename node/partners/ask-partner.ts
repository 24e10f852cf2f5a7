// Asks one partner one question: over a stream that waits for it, each row checked as it comes. Books how the partner served.

import { randomBytes } from 'node:crypto';
import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import { encodeRequest } from '../../protocol/partner/index.ts';
import type {
  AnswerMemory,
  Completeness,
  EndReason,
  ProvenanceQuery,
} from '../../protocol/provenance/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore } from '../log/index.ts';
import type { RowProtocol, RowStreams } from '../rpc/row-streams.ts';
import { AnswerCheck, type CheckedPart } from './check-answer.ts';
import type { FinishedAnswer } from './judge.ts';
import type { Partner, PartnerBook } from './partner-book.ts';
import { type AnswerFrame, decodeBatch, decodeFrame } from './wire.ts';

const NONCE_BYTES = 16;

export interface AskPartnerDeps {
  readonly host: Pick<Host, 'getPeers'>;
  readonly streams: RowStreams;
  readonly protocol: RowProtocol;
  readonly store: LogStore;
  readonly book: PartnerBook;
}

/** What the answers to one question share. */
export interface SharedByAnswers {
  /** Logs that are asked themselves, sorted. */
  readonly apart: readonly string[];
  readonly memory?: AnswerMemory;
  /** As they are now; looked up where it is not given. */
  readonly connected?: ReadonlySet<string>;
}

/** The end of a whole answer. */
export interface PartnerEnd {
  readonly finished: FinishedAnswer;
  readonly reasons: readonly EndReason[];
  readonly completeness: readonly Completeness[];
  readonly rows: number;
  readonly ms: number;
}

/** Peers that are connected, by id: asked once for many partners, since a host makes the list anew each time. */
export function connectedPeers(host: Pick<Host, 'getPeers'>): ReadonlySet<string> {
  return new Set(host.getPeers().map(String));
}

/** The peer of a partner that is connected. */
export function connectedPeer(
  host: Pick<Host, 'getPeers'>,
  { peers }: Partner,
  connected: ReadonlySet<string> = connectedPeers(host),
): PeerId | undefined {
  const peer = peers.find((id) => connected.has(id));
  return peer === undefined ? undefined : peerIdFromString(peer);
}

/**
 * Asks; calls `onPart` with each checked part, and answers the end. Books unreachable, refused, invalid or verified; a late one is the
 * caller's to book. Throws PEER_UNREACHABLE, PARTNER_REFUSED, PARTNER_BUDGET, or what is wrong with the answer.
 */
export async function askPartner(
  deps: AskPartnerDeps,
  partner: Partner,
  query: ProvenanceQuery,
  signal: AbortSignal,
  onPart: (part: Exclude<CheckedPart, { kind: 'end' }>) => void,
  shared: SharedByAnswers = { apart: [] },
): Promise<PartnerEnd> {
  const started = performance.now();
  try {
    const end = await exchange(deps, partner, query, signal, onPart, shared);
    const ms = performance.now() - started;
    await deps.book.note(partner.agent, { kind: 'verified', latencyMs: ms, rows: end.rows });
    return { ...end, ms };
  } catch (error) {
    if (!isZeroError(error)) throw error;
    if (!signal.aborted) await deps.book.note(partner.agent, { kind: failureOf(error) });
    throw error;
  }
}

/** What an exchange that failed says of the partner: it was not there, it would not or could not answer now, or it answered wrongly. */
export function failureOf(error: unknown): 'unreachable' | 'refused' | 'invalid' {
  switch ((error as ZeroError).code) {
    case 'PEER_UNREACHABLE':
      return 'unreachable';
    case 'PARTNER_REFUSED':
    case 'PARTNER_BUDGET':
    case 'LOG_RECOVERING':
    case 'BUSY':
    case 'OVERLOADED':
    case 'INTERNAL':
      return 'refused';
    default:
      return 'invalid';
  }
}

async function exchange(
  { host, protocol, store, streams }: AskPartnerDeps,
  partner: Partner,
  query: ProvenanceQuery,
  signal: AbortSignal,
  onPart: (part: Exclude<CheckedPart, { kind: 'end' }>) => void,
  { apart, connected, memory }: SharedByAnswers,
): Promise<Omit<PartnerEnd, 'ms'>> {
  const peer = connectedPeer(host, partner, connected);
  if (peer === undefined) throw new ZeroError('PEER_UNREACHABLE', 'no peer of the partner is connected');
  const origin = originOf(peer.toString());
  const { checkpoint } = store.state(origin);
  const known = checkpoint === '' ? null : checkpoint;
  const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
  const request = encodeRequest({
    query,
    asker: partner.self,
    origin,
    known,
    apart: apart.filter((other) => other !== origin),
    nonce,
  });
  const check = new AnswerCheck(query, memory);
  let rows = 0;
  for await (const message of streams.ask(peer, protocol, request, signal)) {
    for (const bytes of decodeBatch(message)) {
      const frame: AnswerFrame = decodeFrame(bytes);
      const part = check.take(frame, request);
      if (part === undefined) continue;
      if (part.kind !== 'end') {
        if (part.kind === 'row') rows += 1;
        onPart(part);
        continue;
      }
      const { answer, completeness, listing, reasons } = part;
      const signed = frame.kind === 'answer' ? frame.bytes : bytes;
      const heads = check.heads();
      const finished = { partner, query, request, known, answer, bytes: signed, heads, listing };
      return { finished, reasons, completeness, rows };
    }
  }
  throw new ZeroError('PEER_UNREACHABLE', 'the partner ended its answer before the end');
}
