// How large a bundle of 1,000 statements is, against the same statements as 1,000 single proofs that each verify alone.

import assert from 'node:assert/strict';
import { decodeEnvelope, envelopeToJson } from '../../protocol/envelope/index.ts';
import { encodeProof } from '../../protocol/log/index.ts';
import { encodeBundle, type ProvenanceRow, provenanceQuery } from '../../protocol/provenance/index.ts';
import { RECEIPT_PREDICATE } from '../../protocol/statement/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import { MemoryAnswerer } from '../support/provenance-answers.ts';
import type { Bench } from './bench.ts';

const NOW = Date.parse('2026-04-01T00:00:00Z');

export const bench: Bench = {
  name: 'bundle-size',
  summary: 'bytes of a bundle of 1,000 receipts of one log, against 1,000 single proofs of the same',
  bar: { sign: '<=', value: 0.3 },
  async run({ report, note, sizes }) {
    const count = sizes(1_000, 10_000);
    const answerer = new MemoryAnswerer(count, { modules: 20 });
    const { log } = answerer;
    const nodeOf = (_origin: string, level: number, index: number) => log.nodes.node(level, index);
    const pack = (rows: readonly ProvenanceRow[]) =>
      encodeBundle(
        { query: provenanceQuery({ predicateTypes: [RECEIPT_PREDICATE], limit: count }), rows },
        nodeOf,
      );
    const all = Array.from({ length: count }, (_, i) => i);
    const query = provenanceQuery({ predicateTypes: [RECEIPT_PREDICATE], limit: count, prove: true });
    const rows = answerer.answer(query, all);
    const bytes = await encodeBundle({ query, rows }, nodeOf);
    const started = performance.now();
    const verified = verify(bytes, { now: NOW });
    assert.equal(verified.ok, true, JSON.stringify(verified.checks.filter(({ ok }) => !ok)));
    note(
      `bundle-size: ${verified.subject.statements} statements verified in ${Math.round(performance.now() - started)} ms`,
    );
    let singles = 0;
    let files = 0;
    const head = rows[0]!;
    for (const index of all) {
      const row = answerer.row(index);
      singles += (await pack([head, row, { kind: 'end', rows: 1, reasons: [] }])).length;
      const proof = encodeProof({ index, proof: row.proof, checkpoint: log.checkpoint, extra: row.record });
      files += proof.length + JSON.stringify(envelopeToJson(decodeEnvelope(row.body!))).length;
    }
    const common = {
      sizes: { statements: count },
      ours: bytes.length,
      unit: 'bytes',
      better: 'lower',
    } as const;
    report({
      ...common,
      case: 'with the proof of completeness',
      peer: singles,
      peerName: 'bundles of one statement each',
    });
    report({
      ...common,
      case: 'against files',
      peer: files,
      peerName: 'DSSE as JSON with a tlog-proof, each',
    });
  },
};
