// A source that is named later: the graph is made after its readers. Until then it answers that nothing is indexed.

import type { ProvenanceQuery, ProvenanceRow } from '../../protocol/provenance/index.ts';
import type { ProvenanceSource } from '../provenance/ports.ts';

/** Passes questions on to whatever source it was given last. */
export class LateSource implements ProvenanceSource {
  #source: ProvenanceSource = { query: unindexed };

  use(source: ProvenanceSource): void {
    this.#source = source;
  }

  async prepare(query: ProvenanceQuery): Promise<void> {
    await this.#source.prepare?.(query);
  }

  query(query: ProvenanceQuery, options: { readonly signal?: AbortSignal }): AsyncIterable<ProvenanceRow> {
    return this.#source.query(query, options);
  }
}

async function* unindexed(): AsyncGenerator<ProvenanceRow> {
  yield { kind: 'end', rows: 0, reasons: ['not-indexed'] };
}
