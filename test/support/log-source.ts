// The plainest provenance source: reads every log for statements about a thing. Slow, obvious, and with parts to be replaced by liars.

import type { LogStore } from '../../node/log/index.ts';
import type { ProvenanceSource } from '../../node/provenance/ports.ts';
import { decodeEnvelope } from '../../protocol/envelope/index.ts';
import { inclusionProofAsync, parseCheckpoint } from '../../protocol/log/index.ts';
import {
  nodeIdsOfDigests,
  type ProvenanceQuery,
  type ProvenanceRow,
} from '../../protocol/provenance/index.ts';
import { STATEMENT_PAYLOAD_TYPE, verifyAgentStatement } from '../../protocol/statement/index.ts';

/** Leaves entries out, waits, or changes rows: what a liar does. */
export interface SourceTricks {
  readonly keep?: (origin: string, index: number) => boolean;
  readonly before?: () => Promise<void>;
}

/** A source over the logs of a node. */
export function logSource(
  store: LogStore,
  { keep = () => true, before }: SourceTricks = {},
): ProvenanceSource {
  return {
    async *query({ start, limit }: ProvenanceQuery): AsyncGenerator<ProvenanceRow> {
      await before?.();
      let rows = 0;
      for (const { origin, checkpoint } of store.states()) {
        if (checkpoint === '') continue;
        const { size } = parseCheckpoint(checkpoint);
        yield { kind: 'head', origin, checkpoint };
        for await (const { index, record, body } of store.entries(origin, 0, size)) {
          if (body === null || !keep(origin, index) || !isAbout(body, start)) continue;
          if (rows === limit) {
            yield { kind: 'end', rows, reasons: ['row-limit'] };
            return;
          }
          const proof = await inclusionProofAsync(size, index, store.reader(origin));
          rows += 1;
          yield { kind: 'statement', origin, index, depth: 0, knownAt: 0, record, body, proof };
        }
      }
      yield { kind: 'end', rows, reasons: [] };
    },
  };
}

function isAbout(body: Uint8Array, start: readonly string[]): boolean {
  const envelope = decodeEnvelope(body);
  if (envelope.payloadType !== STATEMENT_PAYLOAD_TYPE) return false;
  const { subject } = verifyAgentStatement(envelope).statement;
  return subject.some(({ digest }) => nodeIdsOfDigests(digest).some((id) => start.includes(id)));
}
