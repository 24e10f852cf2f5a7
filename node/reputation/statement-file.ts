// The statements that scores follow from, as a file of lines: anyone recomputes a score from it, offline. Each line is one signed envelope
// with its place in a log; every one is verified again when it is read.

import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { decodeEnvelope, envelopeFromJson, envelopeToJson } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import { EvidenceBook } from '../../protocol/reputation/index.ts';
import {
  ACCEPTANCE_PREDICATE,
  COMPARISON_PREDICATE,
  RECEIPT_PREDICATE,
  REPUTATION_EVENT_PREDICATE,
  STATEMENT_PAYLOAD_TYPE,
  verifyAgentStatement,
} from '../../protocol/statement/index.ts';
import type { LogStore } from '../log/index.ts';

/** Bytes of one line: a statement of 64 KiB in base64 with its wrapper. */
const LINE_BYTES_MAX = 128 * 1024;
const CHANNEL = '/predicates/channel-';
const COUNTED = new Set<string>([
  RECEIPT_PREDICATE,
  ACCEPTANCE_PREDICATE,
  COMPARISON_PREDICATE,
  REPUTATION_EVENT_PREDICATE,
]);

/** Every statement of the logs held here that scores may follow from, a line each. */
export async function* statementLines(store: LogStore): AsyncGenerator<string> {
  for (const { origin, size } of store.states()) {
    for await (const { index, body } of store.entries(origin, 0, size)) {
      if (body === null) continue;
      try {
        const envelope = decodeEnvelope(body);
        if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE) continue;
        const { predicateType } = verifyAgentStatement(envelope);
        if (!COUNTED.has(predicateType) && !predicateType.includes(CHANNEL)) continue;
        yield `${JSON.stringify({ origin, index, envelope: envelopeToJson(envelope) })}\n`;
      } catch (error) {
        // What does not verify counts for nobody.
        if (!isZeroError(error)) throw error;
      }
    }
  }
}

/** Reads such lines; each is verified. Throws DECODE_FAILED or SIGNATURE_INVALID, naming the line. */
export function bookOfLines(bytes: Uint8Array): { book: EvidenceBook; statements: number } {
  const book = new EvidenceBook();
  let statements = 0;
  fromUtf8(bytes)
    .split('\n')
    .forEach((line, i) => {
      if (line.trim() === '') return;
      try {
        const value = parseStrictJson(line, { bytesMax: LINE_BYTES_MAX }) as { envelope?: never };
        book.offer(verifyAgentStatement(envelopeFromJson(value.envelope as never)));
        statements += 1;
      } catch (cause) {
        if (!isZeroError(cause)) throw cause;
        throw new ZeroError(cause.code, `line ${i + 1}: ${cause.message}`, { cause });
      }
    });
  return { book, statements };
}
