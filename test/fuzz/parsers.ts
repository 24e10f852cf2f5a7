// Targets that only parse: any input may be accepted, but what is accepted has one form.

import { canonicalJson, type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';
import {
  CompactTree,
  decodeEntryBundle,
  decodeLogEntry,
  decodeProof,
  encodeEntryBundle,
  encodeProof,
  formatVerifierKey,
  inclusionProof,
  NOTE_COSIGNATURE_ED25519,
  parsePolicy,
  parseTilePath,
  parseVerifierKey,
  tilePath,
} from '../../protocol/log/index.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { jsonFile, sampleReceipt } from '../support/receipt-files.ts';
import { BYTE_MUTATORS, JSON_MUTATORS, LINE_MUTATORS } from './mutate.ts';
import { parser, type Target } from './target.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (bytes: Uint8Array): string => bytes.toHex();

/** Parsers of the formats that strangers write. */
export function parserTargets(log: MemoryLog): Target[] {
  const parsing = parser(6);
  const vkey = formatVerifierKey({
    name: 'w.example',
    type: NOTE_COSIGNATURE_ED25519,
    publicKey: log.signer.publicKey,
  });
  const decode = (input: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
  return [
    parsing(
      'JSON',
      JSON_MUTATORS,
      [jsonFile(sampleReceipt().file), text('{"a":[1,2.5e-7,{"b":null}],"é":"\\u00e9"}')],
      (input) => {
        const canonical = canonicalJson(parseStrictJson(input));
        return hex(canonicalJson(parseStrictJson(canonical) as JsonValue)) === hex(canonical);
      },
    ),
    parsing(
      'log record',
      BYTE_MUTATORS,
      log.stored.map(({ record }) => record),
      (input) => decodeLogEntry(input).salt.length === 16,
    ),
    parsing(
      'tree state',
      BYTE_MUTATORS,
      [log.nodes.tree.serialise()],
      (input) => hex(CompactTree.restore(input).serialise()) === hex(input),
    ),
    parsing(
      'entry bundle',
      BYTE_MUTATORS,
      [encodeEntryBundle(log.stored.map(({ record }) => record))],
      (input) => hex(encodeEntryBundle(decodeEntryBundle(input))) === hex(input),
    ),
    parsing(
      'tile path',
      LINE_MUTATORS,
      [text('tile/0/x001/x234/067'), text('tile/entries/000.p/112')],
      (input) => tilePath(parseTilePath(decode(input))) === decode(input),
    ),
    parsing(
      'verifier key',
      LINE_MUTATORS,
      [text(vkey)],
      (input) => formatVerifierKey(parseVerifierKey(decode(input))) === decode(input),
    ),
    parsing(
      'policy',
      LINE_MUTATORS,
      [text(`witness a ${vkey}\ngroup g any a\nquorum g\n`)],
      (input) => parsePolicy(decode(input)).quorum !== '',
    ),
    parsing(
      'proof form',
      LINE_MUTATORS,
      [text(encodeProof({ index: 3, proof: inclusionProof(12, 3, log.nodes), checkpoint: log.checkpoint }))],
      (input) => {
        const { index, proof, checkpoint, extra } = decodeProof(input);
        return encodeProof({ index, proof, checkpoint: checkpoint.text, extra }) === decode(input);
      },
    ),
  ];
}
