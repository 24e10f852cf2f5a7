// Fuzz targets of provenance: queries, rows, map proofs, bundles and evidence against partners, as partners and strangers send them.

import { sha256 } from '../../protocol/crypto/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { parseCheckpoint } from '../../protocol/log/index.ts';
import {
  encodePartnerEvidence,
  encodeRequest,
  type PartnerEvidence,
  signAnswer,
} from '../../protocol/partner/index.ts';
import {
  AnswerVerifier,
  aboutKey,
  decodeBundle,
  decodeQuery,
  decodeRow,
  encodeBundle,
  encodeQuery,
  encodeRow,
  IndexMap,
  type ProvenanceQuery,
  provenanceQuery,
  tagOf,
  verifyMapProof,
} from '../../protocol/provenance/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import { makeAgent, seed } from '../support/agents.ts';
import { digestOf, MemoryAnswerer } from '../support/provenance-answers.ts';
import { BYTE_MUTATORS, JSON_MUTATORS } from './mutate.ts';
import type { Target } from './target.ts';

const NOW = Date.parse('2026-04-01T00:00:00Z');
const hex = (bytes: Uint8Array): string => bytes.toHex();

/** Evidence that the answerer has signed an answer without this. */
function evidenceOf(
  { log, origin }: MemoryAnswerer,
  query: ProvenanceQuery,
  omitted: PartnerEvidence['omitted'],
): Uint8Array {
  const { agentId: asker } = makeAgent(40);
  const nonce = new Uint8Array(16).fill(1);
  const request = encodeRequest({ query, asker, origin, known: null, apart: [], nonce });
  const { root, size } = parseCheckpoint(log.checkpoint);
  const signed = { origin, request: sha256(request), size, root, indexes: [0, 4] };
  const answer = signAnswer({ ...signed, isCut: false, issuedAtMs: NOW }, seedSigner(seed(9)));
  return encodePartnerEvidence({ request, answer, omitted });
}

/** The targets, from fixed seeds. */
export async function provenanceTargets(): Promise<Target[]> {
  const answerer = new MemoryAnswerer(6, { modules: 2 });
  const query = provenanceQuery({ start: [digestOf(0)], direction: 'both', depth: 1, prove: true });
  const rows = answerer.answer(query, [0, 2, 4]);
  const bundle = await encodeBundle({ query, rows }, (_, level, index) =>
    answerer.log.nodes.node(level, index),
  );
  const { body, index, proof, record } = answerer.row(2);
  const entry = { index, record, body: body!, proof, via: [] };
  const whole = new AnswerVerifier(query);
  for (const row of answerer.answer(query, [0, 2, 4], [2])) whole.push(row);
  const listing = { index, via: [], listing: whole.finish().listings.get(answerer.origin)! };
  const map = new IndexMap();
  const tag = tagOf('type', 'zs:issuer');
  for (let index = 0; index < 30; index++) map.add(aboutKey(digestOf(index % 5)), index, tag);
  const keys = [aboutKey(digestOf(1)), aboutKey(digestOf(99))];
  const parser = (
    name: string,
    valid: readonly Uint8Array[],
    again: (input: Uint8Array) => Uint8Array,
  ): Target => ({
    name,
    weight: 6,
    mutators: BYTE_MUTATORS,
    valid,
    parses: true,
    meaning: (input) => (hex(again(input)) === hex(input) ? 'canonical' : 'two forms'),
  });
  return [
    parser('provenance query', [encodeQuery(query)], (input) => encodeQuery(decodeQuery(input))),
    parser('provenance row', rows.map(encodeRow), (input) => encodeRow(decodeRow(input))),
    {
      name: 'provenance map proof',
      weight: 4,
      mutators: BYTE_MUTATORS,
      valid: [map.prove(keys)],
      meaning: (input) =>
        JSON.stringify(
          [...verifyMapProof(map.root(), keys, input)].map(([key, list]) => [
            key,
            list.map(({ index }) => index),
          ]),
        ),
    },
    {
      name: 'partner evidence',
      weight: 1,
      mutators: JSON_MUTATORS,
      valid: [entry, listing].map((omitted) => evidenceOf(answerer, query, omitted)),
      meaning(input) {
        const report = verify(input, { now: NOW });
        if (!report.ok || report.kind !== 'partner-evidence')
          throw Object.assign(new Error('not ok'), { name: 'Refused' });
        return JSON.stringify(report.subject);
      },
    },
    {
      name: 'provenance bundle',
      weight: 1,
      mutators: BYTE_MUTATORS,
      valid: [bundle],
      meaning(input) {
        const report = verify(input, { now: NOW });
        if (!report.ok) throw Object.assign(new Error('not ok'), { name: 'Refused' });
        // Since when it was known, and how far away it is, nothing vouches for.
        return JSON.stringify(
          decodeBundle(input).rows.map((row) =>
            row.kind === 'statement' ? [row.index, hex(row.record)] : row.kind,
          ),
        );
      },
    },
  ];
}
