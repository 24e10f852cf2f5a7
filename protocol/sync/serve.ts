// Answers tail requests within the credit that the partner granted. Storage comes as arguments; bytes out never exceed the credit,
// nor what the largest entry needs.

import { ZeroError } from '../errors/index.ts';
import {
  type AsyncHashReader,
  consistencyProofAsync,
  decodeLogEntry,
  parseCheckpoint,
} from '../log/index.ts';
import { encodeSyncMessage } from './codec.ts';
import { TAIL_BYTES_MAX, TAIL_ENTRIES_MAX } from './limits.ts';
import type { TailEntry, TailRequest, TailResponse, WireEntry } from './messages.ts';

/** What the answering side holds of one log. */
export interface TailSource {
  /** Newest checkpoint whose entries are all held. */
  readonly checkpoint: string;
  /** Tree nodes of that checkpoint's tree. */
  readonly nodes: AsyncHashReader;
  /** Entries [from, to) in order; a body the partner may not see is null. Iteration stops early when the credit is spent. */
  entries(from: number, to: number): AsyncIterable<TailEntry> | Iterable<TailEntry>;
}

// Array head, two byte string heads of at most five bytes each.
const ENTRY_FRAME_BYTES = 11;
// Kind, keys and heads of the message around its parts.
const MESSAGE_FRAME_BYTES = 128;
const PROOF_ELEMENT_BYTES = 34;
const PROOF_ELEMENTS_WORST = 64;

/** Bytes of an answer with no entries, at most. */
function baseBytes(checkpoint: string): number {
  return (
    MESSAGE_FRAME_BYTES +
    new TextEncoder().encode(checkpoint).length +
    PROOF_ELEMENTS_WORST * PROOF_ELEMENT_BYTES
  );
}

/**
 * The encoded answer to a tail request, at most `request.credit` bytes. It holds as many entries as fit, and the proof from their
 * end to the checkpoint. Throws SYNC_REFUSED when the request is beyond what is held, NODE_MISSING when the store is damaged.
 */
export async function answerTail(request: TailRequest, source: TailSource): Promise<Uint8Array> {
  return encodeTail(request, await tailResponse(request, source));
}

/** The bytes of an answer. Throws SYNC_REFUSED when the credit holds no answer at all. */
export function encodeTail(request: TailRequest, response: TailResponse): Uint8Array {
  const bytes = encodeSyncMessage(response);
  if (bytes.length > request.credit)
    throw new ZeroError('SYNC_REFUSED', 'the credit does not hold an answer');
  return bytes;
}

/** The same answer as an object, for who passes objects (the simulator). It fits the credit unless the credit holds no answer at all. */
export async function tailResponse(request: TailRequest, source: TailSource): Promise<TailResponse> {
  const { size } = parseCheckpoint(source.checkpoint);
  if (request.from > size) throw new ZeroError('SYNC_REFUSED', 'the asked part of the log is not held here');
  const base = baseBytes(source.checkpoint);
  const budget = Math.min(request.credit, TAIL_BYTES_MAX) - base;
  const { entries, needs } = await take(source, request.from, Math.min(request.to, size), budget);
  const to = request.from + entries.length;
  const proof = to === 0 ? [] : await consistencyProofAsync(to, size, source.nodes);
  return {
    kind: 'tail-response',
    checkpoint: source.checkpoint,
    entries,
    proof,
    needs: needs === 0 ? 0 : base + needs,
  };
}

async function take(
  source: TailSource,
  from: number,
  to: number,
  budget: number,
): Promise<{ entries: WireEntry[]; needs: number }> {
  const entries: WireEntry[] = [];
  const end = Math.min(to, from + TAIL_ENTRIES_MAX);
  if (end <= from) return { entries, needs: 0 };
  let left = budget;
  for await (const entry of source.entries(from, end)) {
    const sent = onWire(entry);
    const bytes =
      ENTRY_FRAME_BYTES + (sent.body === null ? sent.record.length : sent.salt.length + sent.body.length);
    if (bytes > left) return { entries, needs: entries.length === 0 ? bytes : 0 };
    left -= bytes;
    entries.push(sent);
    if (entries.length === end - from) break;
  }
  return { entries, needs: 0 };
}

function onWire({ record, body }: TailEntry): WireEntry {
  return body === null ? { record, body } : { salt: decodeLogEntry(record).salt, body };
}
