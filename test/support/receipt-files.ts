// A complete receipt file and its parts, the same on every run: what a node hands to a requester.

import { toBase64, utf8 } from '../../protocol/bytes/index.ts';
import { type Envelope, encodeEnvelope, envelopeId, envelopeToJson } from '../../protocol/envelope/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';
import { encodeLogEntry, encodeProof, inclusionProof, peerIdOfOrigin } from '../../protocol/log/index.ts';
import {
  bytesDigest as digest,
  type ReceiptDeterministic,
  type ReceiptObserved,
  signReceipt,
  treeDigest,
} from '../../protocol/receipt/index.ts';
import { RECEIPT_FILE_KIND } from '../../protocol/verify/index.ts';
import { makeAgent, makeCard, type TestAgent } from './agents.ts';
import { MemoryLog, sampleEntry } from './memory-log.ts';

/** Within the validity of test agents and of their cards. */
export const ISSUED_AT = '2026-03-01T12:00:00Z';
export const NOW = Date.parse('2026-03-01T13:00:00Z');

export const MODULE: Uint8Array = utf8('\0asm pretend module');
export const MANIFEST: Uint8Array = utf8('{"pretend":"manifest"}');
const FILES = { 'in/a.txt': utf8('a') };
const NOTHING = digest(new Uint8Array(0));

export const DETERMINISTIC: ReceiptDeterministic = {
  moduleDigest: digest(MODULE),
  inputsDigest: treeDigest(FILES),
  argsDigest: NOTHING,
  envDigest: NOTHING,
  stdinDigest: NOTHING,
  scheduleId: 'sha256-of-a-schedule',
  rewriter: 'zs-rewriter/1',
  abi: 'zs-wasi/1',
  limits: { fuel: '1000000', memoryBytes: 67_108_864, stackBytes: 1_048_576, outputBytes: 1_048_576 },
  seed: '00'.repeat(32),
  clock: { origin: '0', step: '1000' },
  result: {
    status: 'OK',
    exitCode: 0,
    trap: null,
    fuel: '4242',
    stdoutDigest: NOTHING,
    stderrDigest: NOTHING,
    outputTreeDigest: NOTHING,
  },
};

export interface SampleReceipt {
  readonly log: MemoryLog;
  readonly executor: Pick<TestAgent, 'keychain' | 'operational'>;
  readonly receipt: Envelope;
  readonly record: Uint8Array;
  readonly index: number;
  readonly file: JsonObject;
}

/** A receipt logged as entry 5 of 9, and its file. */
export function sampleReceipt(
  observed: Partial<ReceiptObserved> = {},
  deterministic: Partial<ReceiptDeterministic> = {},
  executor: Pick<TestAgent, 'keychain' | 'operational'> = makeAgent(40),
): SampleReceipt {
  const log = new MemoryLog(9).append(...Array.from({ length: 5 }, (_, n) => sampleEntry(n)));
  const receipt = signReceipt({
    keychain: executor.keychain,
    signer: executor.operational,
    issuedAt: ISSUED_AT,
    deterministic: { ...DETERMINISTIC, ...deterministic },
    observed: {
      taskId: 'task-1',
      manifestDigest: digest(MANIFEST),
      requester: makeAgent(60).agentId,
      executor: peerIdOfOrigin(log.origin),
      origin: log.origin,
      startedAt: ISSUED_AT,
      wallMs: 12,
      ...observed,
    },
  });
  const record = encodeLogEntry({ statementId: envelopeId(receipt), salt: new Uint8Array(16).fill(5) });
  const index = log.stored.length;
  log.append({ record, body: encodeEnvelope(receipt) }, sampleEntry(6), sampleEntry(7), sampleEntry(8));
  const proof = encodeProof({
    index,
    proof: inclusionProof(9, index, log.nodes),
    checkpoint: log.checkpoint,
  });
  const file = {
    kind: RECEIPT_FILE_KIND,
    receipt: envelopeToJson(receipt),
    entry: toBase64(record),
    proof,
    executorCard: envelopeToJson(makeCard(executor)),
    inputs: {
      module: toBase64(MODULE),
      manifest: toBase64(MANIFEST),
      stdin: '',
      files: { 'in/a.txt': toBase64(FILES['in/a.txt']) },
    },
  };
  return { log, executor, receipt, record, index, file };
}

/** Bytes of a JSON file. */
export function jsonFile(value: unknown): Uint8Array {
  return utf8(JSON.stringify(value));
}
