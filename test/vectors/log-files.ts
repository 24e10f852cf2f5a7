// Vectors of log records, proof files, COSE receipts, equivocation evidence and tile paths.

import { toBase64, utf8 } from '../../protocol/bytes/index.ts';
import type { ErrorCode } from '../../protocol/errors/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';
import {
  decodeEquivocation,
  decodeLogEntry,
  decodeProof,
  encodeEquivocation,
  encodeProof,
  explicitConsistency,
  exportCoseReceipt,
  inclusionProof,
  leafHash,
  parseTilePath,
  verifyCoseReceipt,
  verifyEquivocation,
  verifyNodeCheckpoint,
  verifyProof,
} from '../../protocol/log/index.ts';
import { MemoryLog, sampleEntry } from '../support/memory-log.ts';
import { bytesOf, Cases, hex, replaced, type Suite } from './suite.ts';

const entries = Array.from({ length: 12 }, (_, n) => sampleEntry(n));
const log = new MemoryLog(9).append(...entries);
const record = log.stored[3]!.record;
const proof = inclusionProof(12, 3, log.nodes);

export function recordSuite(): Suite {
  const check: Suite['check'] = ({ record: bytes }) => {
    const { statementId, salt } = decodeLogEntry(bytesOf(bytes));
    return { statementId, salt: hex(salt), leaf: hex(leafHash(bytesOf(bytes))) };
  };
  const cases = new Cases(check);
  const good = hex(record);
  cases.good('an entry', { record: good });
  cases.good('zeroes', { record: `01${'00'.repeat(48)}` });
  const bad = (name: string, bytes: string): unknown => cases.bad(name, 'DECODE_FAILED', { record: bytes });
  bad('another version', replaced(good, /^01/, '02'));
  bad('one byte less', good.slice(0, -2));
  bad('one byte more', `${good}00`);
  bad('empty', '');
  return {
    name: 'log-record',
    what: 'The record that a log holds for a statement: 0x01 || SHA-256(PAE) || salt of 16 bytes.',
    input: { record: 'hexadecimal' },
    output: 'statementId, salt, leaf hash',
    check,
    cases: cases.list,
  };
}

export function proofSuite(): Suite {
  const check: Suite['check'] = ({ proof: text, record: bytes }) => {
    const parsed = decodeProof(text as string);
    const head = verifyProof(parsed, leafHash(bytesOf(bytes)), (checkpoint) =>
      verifyNodeCheckpoint(checkpoint.text, checkpoint.origin),
    );
    return { origin: head.origin, index: parsed.index, size: head.size };
  };
  const cases = new Cases(check);
  const text = encodeProof({ index: 3, proof, checkpoint: log.checkpoint });
  const good = { proof: text, record: hex(record) };
  cases.good('an entry', good);
  cases.good('with extra data, which nothing vouches for', {
    ...good,
    proof: encodeProof({ index: 3, proof, checkpoint: log.checkpoint, extra: utf8('extra') }),
  });
  const single = new MemoryLog(9).append(entries[0]!);
  cases.good('a log of one entry needs no hashes', {
    proof: encodeProof({ index: 0, proof: [], checkpoint: single.checkpoint }),
    record: hex(entries[0]!.record),
  });
  const bad = (name: string, code: ErrorCode, part: string | RegExp, by: string): unknown =>
    cases.bad(name, code, { ...good, proof: replaced(text, part, by) });
  cases.bad('another record', 'PROOF_INVALID', { ...good, record: hex(log.stored[4]!.record) });
  bad('another index', 'PROOF_INVALID', 'index 3', 'index 2');
  bad('a hash missing', 'PROOF_INVALID', `${toBase64(proof[0]!)}\n`, '');
  bad('a hash twice', 'PROOF_INVALID', `${toBase64(proof[0]!)}\n`, `${toBase64(proof[0]!)}\n`.repeat(2));
  bad('a changed head', 'SIGNATURE_INVALID', '\n12\n', '\n13\n');
  bad('another version', 'DECODE_FAILED', '@v1', '@v2');
  bad('index with a leading zero', 'DECODE_FAILED', 'index 3', 'index 03');
  bad('no index', 'DECODE_FAILED', 'index 3\n', '');
  bad('index of 2^62', 'LIMIT_EXCEEDED', 'index 3', 'index 4611686018427387904');
  bad('a hash of 31 bytes', 'DECODE_FAILED', toBase64(proof[0]!), toBase64(proof[0]!.slice(1)));
  bad('no blank line', 'DECODE_FAILED', '\n\nzerostate.dev', '\nzerostate.dev');
  bad('carriage returns', 'DECODE_FAILED', 'index 3\n', 'index 3\r\n');
  return {
    name: 'log-proof',
    what: 'A proof file (C2SP tlog-proof) proves a record.',
    input: { proof: 'the file, as text', record: 'hexadecimal' },
    output: 'origin, index, size',
    check,
    cases: cases.list,
  };
}

export function coseSuite(): Suite {
  const check: Suite['check'] = ({ receipt, record: bytes, publicKey }) => {
    const { origin, size, index } = verifyCoseReceipt(bytesOf(receipt), {
      leafHash: leafHash(bytesOf(bytes)),
      publicKey: bytesOf(publicKey),
    });
    return { origin, size, index };
  };
  const cases = new Cases(check);
  const receipt = hex(
    exportCoseReceipt({
      origin: log.origin,
      size: 12,
      index: 3,
      proof,
      root: log.nodes.tree.root(),
      signer: log.signer,
    }),
  );
  const good = { receipt, record: hex(record), publicKey: hex(log.signer.publicKey) };
  cases.good('an entry', good);
  const bad = (name: string, code: ErrorCode, change: JsonObject): unknown =>
    cases.bad(name, code, { ...good, ...change });
  bad('another record', 'SIGNATURE_INVALID', { record: hex(log.stored[4]!.record) });
  bad('another key', 'SIGNATURE_INVALID', { publicKey: hex(new MemoryLog(8).signer.publicKey) });
  bad('a changed path', 'SIGNATURE_INVALID', { receipt: replaced(receipt, hex(proof[0]!), '00'.repeat(32)) });
  bad('a changed size', 'PROOF_INVALID', { receipt: replaced(receipt, '830c0384', '830b0384') });
  bad('another tag', 'DECODE_FAILED', { receipt: replaced(receipt, /^d2/, 'd1') });
  bad('another algorithm', 'DECODE_FAILED', { receipt: replaced(receipt, 'a40127', 'a40126') });
  bad('another data structure', 'DECODE_FAILED', { receipt: replaced(receipt, '19018b01', '19018b02') });
  bad('bytes follow', 'DECODE_FAILED', { receipt: `${receipt}00` });
  bad('the payload is attached', 'DECODE_FAILED', { receipt: replaced(receipt, 'f65840', '405840') });
  return {
    name: 'cose-receipt',
    what: "A COSE receipt of inclusion (RFC 9942, RFC9162_SHA256) under the log's key.",
    input: { receipt: 'COSE_Sign1, hexadecimal', record: 'hexadecimal', publicKey: 'hexadecimal' },
    output: 'origin, size, index',
    check,
    cases: cases.list,
  };
}

export function equivocationSuite(): Suite {
  const check: Suite['check'] = ({ evidence }) => {
    const { origin, firstCheckpoint, secondCheckpoint } = verifyEquivocation(
      decodeEquivocation(evidence as string),
    );
    return { origin, sizes: [firstCheckpoint.size, secondCheckpoint.size] };
  };
  const cases = new Cases(check);
  const twin = new MemoryLog(9).append(...entries.slice(1));
  const text = (first: string, second: string, elements: readonly Uint8Array[]): string =>
    new TextDecoder().decode(encodeEquivocation({ first, second, proof: elements }));
  const between = (size: number): Uint8Array[] => explicitConsistency(size, 12, log.nodes);
  for (const size of [1, 3, 4, 7, 8, 11])
    cases.good(`sizes ${size} and 12`, {
      evidence: text(twin.checkpointAt(size), log.checkpoint, between(size)),
    });
  cases.good('one size, two roots', { evidence: text(twin.checkpointAt(5), log.checkpointAt(5), []) });
  const bad = (name: string, code: ErrorCode, evidence: string): unknown =>
    cases.bad(name, code, { evidence });
  bad('the heads agree', 'PROOF_INVALID', text(log.checkpointAt(4), log.checkpoint, between(4)));
  bad('the same head twice', 'PROOF_INVALID', text(log.checkpoint, log.checkpoint, []));
  bad('the larger head first', 'PROOF_INVALID', text(log.checkpoint, twin.checkpointAt(4), between(4)));
  bad(
    'heads of two logs',
    'PROOF_INVALID',
    text(new MemoryLog(8).append(entries[5]!).checkpoint, log.checkpoint, between(1)),
  );
  bad('an empty log excludes nothing', 'PROOF_INVALID', text(log.checkpointAt(0), log.checkpoint, []));
  bad(
    'a proof that does not lead to the second root',
    'PROOF_INVALID',
    text(
      twin.checkpointAt(4),
      log.checkpoint,
      between(4).map((hash, i) => (i === 1 ? new Uint8Array(32) : hash)),
    ),
  );
  bad(
    'a proof without its first element',
    'PROOF_INVALID',
    text(twin.checkpointAt(4), log.checkpoint, between(4).slice(1)),
  );
  bad(
    'a head that the log did not sign',
    'SIGNATURE_INVALID',
    text(replaced(twin.checkpointAt(5), '\n5\n', '\n4\n'), log.checkpoint, between(4)),
  );
  bad('another kind', 'DECODE_FAILED', '{"kind":"other"}');
  bad('not JSON', 'DECODE_FAILED', 'evidence');
  return {
    name: 'equivocation',
    what: 'Evidence that a log signed two heads that exclude each other.',
    input: { evidence: 'the file, as text' },
    output: 'origin, and the sizes of both heads',
    check,
    cases: cases.list,
  };
}

export function tileSuite(): Suite {
  const check: Suite['check'] = ({ path }) => ({ ...parseTilePath(path as string) });
  const cases = new Cases(check);
  for (const path of [
    'tile/0/000',
    'tile/0/x001/x234/067',
    'tile/entries/000.p/112',
    'tile/5/999.p/1',
    'tile/63/x999/000',
  ])
    cases.good(path, { path });
  for (const path of [
    '',
    'tile/0/67',
    'tile/00/067',
    'tile/64/000',
    'tile/0/x000/067',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/007',
    'tile/0/001/067',
    '/tile/0/000',
    'tile/entry/000',
    'tile/0/1000',
  ])
    cases.bad(path === '' ? 'empty' : path, 'DECODE_FAILED', { path });
  return {
    name: 'tile-path',
    what: 'The path of a tile or an entry bundle (C2SP tlog-tiles).',
    input: { path: 'text' },
    output: 'level, index, width',
    check,
    cases: cases.list,
  };
}
