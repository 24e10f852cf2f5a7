// Bytes of the synchronisation messages: a DAG-CBOR array of the kind and a map. One form for each message; a message of another
// kind, shape or size than expected is refused before anything is built from it.

import { CborReader, CborWriter } from '../cbor/index.ts';
import { ZeroError } from '../errors/index.ts';
import { HASH_BYTES, LOG_RECORD_BYTES_MAX, TREE_SIZE_MAX } from '../log/index.ts';
import {
  BODY_BYTES_MAX,
  CODE_CHARS_MAX,
  CREDIT_BYTES_MAX,
  CREDIT_BYTES_MIN,
  HEAD_BYTES_MAX,
  HEADS_MAX,
  HEADS_MESSAGE_BYTES_MAX,
  ORIGIN_CHARS_MAX,
  PROOF_ELEMENTS_MAX,
  RETRY_MS_MAX,
  SMALL_MESSAGE_BYTES_MAX,
  TAIL_ENTRIES_MAX,
} from './limits.ts';
import type { SyncMessage, WireEntry } from './messages.ts';

type Kind = SyncMessage['kind'];

interface Shape {
  /** Longest message of this kind in bytes; of a tail the granted credit decides, when it is smaller. */
  readonly bytesMax: number;
  read(from: CborReader): SyncMessage;
}

/** Characters of a message's kind; the longest has 20. */
const KIND_CHARS_MAX = 24;

// Each line writes the map's members in DAG-CBOR order: shorter keys first, then by bytes.
function writeBody(out: CborWriter, message: SyncMessage): void {
  switch (message.kind) {
    case 'heads-request':
      out.map(3).text('upTo').textOrNull(message.upTo).text('after').textOrNull(message.after);
      writeHeads(out, message.heads);
      break;
    case 'heads-response':
      writeHeads(out.map(2), message.heads).text('resumeAfter').textOrNull(message.resumeAfter);
      break;
    case 'tail-request':
      out.map(4).text('to').int(message.to).text('from').int(message.from);
      out.text('credit').int(message.credit).text('origin').text(message.origin);
      break;
    case 'tail-response':
      writeProof(out.map(4).text('needs').int(message.needs), message.proof);
      out.text('entries').array(message.entries.length);
      for (const entry of message.entries) writeEntry(out.array(2), entry);
      out.text('checkpoint').text(message.checkpoint);
      break;
    case 'consistency-request':
      out
        .map(3)
        .text('to')
        .int(message.to)
        .text('from')
        .int(message.from)
        .text('origin')
        .text(message.origin);
      break;
    case 'consistency-response':
      writeProof(out.map(2), message.proof).text('checkpoint').text(message.checkpoint);
      break;
    case 'refusal':
      out.map(2).text('code').text(message.code).text('retryAfterMs').int(message.retryAfterMs);
  }
}

function writeHeads(out: CborWriter, heads: readonly string[]): CborWriter {
  out.text('heads').array(heads.length);
  for (const head of heads) out.text(head);
  return out;
}

function writeProof(out: CborWriter, proof: readonly Uint8Array[]): CborWriter {
  out.text('proof').array(proof.length);
  for (const element of proof) out.bytes(element);
  return out;
}

function writeEntry(out: CborWriter, entry: WireEntry): void {
  if (entry.body === null) out.bytes(entry.record).null();
  else out.bytes(entry.salt).bytes(entry.body);
}

/** Bytes of a message. */
export function encodeSyncMessage(message: SyncMessage): Uint8Array {
  const out = new CborWriter().array(2).text(message.kind);
  writeBody(out, message);
  return out.finish();
}

function readList<T>(from: CborReader, name: string, max: number, item: () => T): T[] {
  from.key(name);
  const length = from.array(max, name);
  const out: T[] = [];
  for (let i = 0; i < length; i++) out.push(item());
  return out;
}

function readUint(from: CborReader, name: string, max: number, min = 0): number {
  from.key(name);
  const value = from.uint(max, name);
  if (value < min) throw new ZeroError('DECODE_FAILED', `${name} is below ${min}`);
  return value;
}

function readText(from: CborReader, name: string, max: number): string {
  from.key(name);
  return from.text(max, name);
}

function readTextOrNull(from: CborReader, name: string, max: number): string | null {
  from.key(name);
  return from.textOrNull(max, name);
}

function readHeads(from: CborReader): string[] {
  return readList(from, 'heads', HEADS_MAX, () => from.text(HEAD_BYTES_MAX, 'head'));
}

function readProof(from: CborReader): Uint8Array[] {
  return readList(from, 'proof', PROOF_ELEMENTS_MAX, () => from.exactBytes(HASH_BYTES, 'proof element'));
}

function readEntry(from: CborReader): WireEntry {
  from.tuple(2, 'entry');
  const first = from.bytes(LOG_RECORD_BYTES_MAX, 'record');
  const body = from.bytesOrNull(BODY_BYTES_MAX, 'body');
  return body === null ? { record: first, body } : { salt: first, body };
}

const SHAPES: Readonly<Record<Kind, Shape>> = {
  'heads-request': {
    bytesMax: HEADS_MESSAGE_BYTES_MAX,
    read(from) {
      from.map(3, 'heads request');
      const upTo = readTextOrNull(from, 'upTo', ORIGIN_CHARS_MAX);
      const after = readTextOrNull(from, 'after', ORIGIN_CHARS_MAX);
      return { kind: 'heads-request', after, upTo, heads: readHeads(from) };
    },
  },
  'heads-response': {
    bytesMax: HEADS_MESSAGE_BYTES_MAX,
    read(from) {
      from.map(2, 'heads response');
      const heads = readHeads(from);
      return {
        kind: 'heads-response',
        heads,
        resumeAfter: readTextOrNull(from, 'resumeAfter', ORIGIN_CHARS_MAX),
      };
    },
  },
  'tail-request': {
    bytesMax: SMALL_MESSAGE_BYTES_MAX,
    read(from) {
      from.map(4, 'tail request');
      const to = readUint(from, 'to', TREE_SIZE_MAX);
      const start = readUint(from, 'from', TREE_SIZE_MAX);
      const credit = readUint(from, 'credit', CREDIT_BYTES_MAX, CREDIT_BYTES_MIN);
      if (start > to) throw new ZeroError('DECODE_FAILED', 'a tail ends before it starts');
      return {
        kind: 'tail-request',
        origin: readText(from, 'origin', ORIGIN_CHARS_MAX),
        from: start,
        to,
        credit,
      };
    },
  },
  'tail-response': {
    bytesMax: CREDIT_BYTES_MAX,
    read(from) {
      from.map(4, 'tail response');
      const needs = readUint(from, 'needs', CREDIT_BYTES_MAX);
      const proof = readProof(from);
      const entries = readList(from, 'entries', TAIL_ENTRIES_MAX, () => readEntry(from));
      return {
        kind: 'tail-response',
        checkpoint: readText(from, 'checkpoint', HEAD_BYTES_MAX),
        entries,
        proof,
        needs,
      };
    },
  },
  'consistency-request': {
    bytesMax: SMALL_MESSAGE_BYTES_MAX,
    read(from) {
      from.map(3, 'consistency request');
      const to = readUint(from, 'to', TREE_SIZE_MAX);
      const start = readUint(from, 'from', TREE_SIZE_MAX, 1);
      if (start > to) throw new ZeroError('DECODE_FAILED', 'the first tree is larger than the second');
      return {
        kind: 'consistency-request',
        origin: readText(from, 'origin', ORIGIN_CHARS_MAX),
        from: start,
        to,
      };
    },
  },
  'consistency-response': {
    bytesMax: HEAD_BYTES_MAX + SMALL_MESSAGE_BYTES_MAX,
    read(from) {
      from.map(2, 'consistency response');
      const proof = readProof(from);
      return {
        kind: 'consistency-response',
        checkpoint: readText(from, 'checkpoint', HEAD_BYTES_MAX),
        proof,
      };
    },
  },
  refusal: {
    bytesMax: SMALL_MESSAGE_BYTES_MAX,
    read(from) {
      from.map(2, 'refusal');
      const code = readText(from, 'code', CODE_CHARS_MAX);
      return { kind: 'refusal', code, retryAfterMs: readUint(from, 'retryAfterMs', RETRY_MS_MAX) };
    },
  },
};

/** Most bytes of a message of this kind: what a transport should be willing to read. */
export function syncMessageBytesMax(kind: Kind): number {
  return SHAPES[kind].bytesMax;
}

/**
 * Decodes a message of one of the expected kinds. `credit` is what was granted for an answer, in bytes.
 * Throws CREDIT_EXCEEDED, LIMIT_EXCEEDED, or DECODE_FAILED (also for a kind that is not expected here).
 */
export function decodeSyncMessage<K extends Kind>(
  bytes: Uint8Array,
  expected: readonly K[],
  credit?: number,
): Extract<SyncMessage, { kind: K }> {
  if (credit !== undefined && bytes.length > credit) {
    throw new ZeroError('CREDIT_EXCEEDED', `the answer has ${bytes.length} bytes, ${credit} were granted`);
  }
  const reader = new CborReader(bytes);
  reader.tuple(2, 'message');
  const kind = reader.text(KIND_CHARS_MAX, 'kind');
  const allowed = expected.find((candidate) => candidate === kind);
  if (allowed === undefined)
    throw new ZeroError('DECODE_FAILED', 'a message of this kind is not expected here');
  const shape = SHAPES[allowed];
  if (bytes.length > shape.bytesMax)
    throw new ZeroError('LIMIT_EXCEEDED', `the message is longer than ${shape.bytesMax} bytes`);
  const message = shape.read(reader);
  reader.end();
  return message as Extract<SyncMessage, { kind: K }>;
}
