// What is fuzzed: every decoder and verifier that reads what strangers send. A target says what a valid input means; a changed input
// that is accepted must mean the same, or it is a false accept.

import { verifyCard } from '../../protocol/card/index.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  envelopeFromJson,
  envelopeId,
  envelopeToJson,
  verifyEnvelope,
} from '../../protocol/envelope/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import {
  addSignatures,
  applyPolicy,
  CompactTree,
  cosign,
  decodeEquivocation,
  encodeEquivocation,
  encodeProof,
  explicitConsistency,
  exportCoseReceipt,
  formatVerifierKey,
  inclusionProof,
  leafHash,
  NOTE_COSIGNATURE_ED25519,
  noteSigner,
  parseCheckpoint,
  parsePolicy,
  verifyCoseReceipt,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import {
  RangeSet,
  RECONCILE_CREDIT_MIN,
  startReconciliation,
  stepReconciliation,
} from '../../protocol/reconcile/index.ts';
import { verifyAgentStatement } from '../../protocol/statement/index.ts';
import {
  answerTail,
  decodeSyncMessage,
  encodeSyncMessage,
  headsRequests,
  planSync,
  tailRequest,
  verifyTail,
} from '../../protocol/sync/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import { makeAgent, makeCard, publicKey } from '../support/agents.ts';
import { MemoryLog, sampleEntry } from '../support/memory-log.ts';
import { jsonFile, NOW, sampleReceipt } from '../support/receipt-files.ts';
import { forwardTargets } from './forwarding.ts';
import { BYTE_MUTATORS, JSON_MUTATORS, LINE_MUTATORS } from './mutate.ts';
import { parserTargets } from './parsers.ts';
import { provenanceTargets } from './provenance.ts';
import type { Target } from './target.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const hex = (bytes: Uint8Array): string => bytes.toHex();

/** A report that is not ok, for the runner: a refusal like any other. */
function refused(detail: string): Error {
  const error = new Error(detail);
  error.name = 'Refused';
  return error;
}

/** All targets, built from fixed seeds. */
export async function fuzzTargets(): Promise<Target[]> {
  const entries = Array.from({ length: 12 }, (_, n) => sampleEntry(n));
  const log = new MemoryLog(9).append(...entries);
  const twin = new MemoryLog(9).append(...entries.slice(1));
  const samples = [sampleReceipt(), sampleReceipt({ taskId: 'task-2' })];
  const cards = [makeCard(makeAgent(1)), makeCard(makeAgent(40))];
  return [
    ...logTargets(log, twin),
    ...(await syncTargets(log)),
    ...objectTargets(samples, cards),
    ...parserTargets(log),
    ...(await provenanceTargets()),
    ...forwardTargets(),
  ];
}

function logTargets(log: MemoryLog, twin: MemoryLog): Target[] {
  const witness = noteSigner(new Uint8Array(32).fill(77));
  const vkey = formatVerifierKey({
    name: 'w.example',
    type: NOTE_COSIGNATURE_ED25519,
    publicKey: witness.publicKey,
  });
  const policy = parsePolicy(`witness w ${vkey}\nquorum w\n`);
  const time = { nowSeconds: 1_800_000_000 };
  const witnessed = addSignatures(log.checkpoint, [
    cosign(parseCheckpoint(log.checkpoint), {
      name: 'w.example',
      signer: witness,
      timeSeconds: time.nowSeconds,
    }),
  ]);
  const proofs = [3, 8].map((index) =>
    encodeProof({
      index,
      proof: inclusionProof(12, index, log.nodes),
      checkpoint: log.checkpoint,
      extra: log.stored[index]!.record,
    }),
  );
  const evidence = [4, 7].map((size) =>
    encodeEquivocation({
      first: twin.checkpointAt(size),
      second: log.checkpoint,
      proof: explicitConsistency(size, 12, log.nodes),
    }),
  );
  const root = log.nodes.tree.root();
  const receipts = [3, 8].map((index) =>
    exportCoseReceipt({
      origin: log.origin,
      size: 12,
      index,
      proof: inclusionProof(12, index, log.nodes),
      root,
      signer: log.signer,
    }),
  );
  return [
    {
      name: 'checkpoint',
      weight: 4,
      mutators: LINE_MUTATORS,
      valid: [text(log.checkpoint), text(witnessed), text(twin.checkpoint)],
      meaning: (input) => verifyNodeCheckpoint(input, log.origin).body,
    },
    {
      name: 'witnessed checkpoint',
      weight: 2,
      mutators: LINE_MUTATORS,
      valid: [text(witnessed)],
      meaning: (input) => applyPolicy(parseCheckpoint(input), policy, time).checkpoint.body,
    },
    {
      name: 'log proof',
      weight: 4,
      mutators: LINE_MUTATORS,
      valid: proofs.map(text),
      // The extra data holds the record here, so the whole is bound by the root.
      meaning: (input) => {
        const report = verify(input, { now: NOW });
        if (!report.ok) throw refused(report.checks.find(({ ok }) => !ok)!.detail);
        return JSON.stringify(report.subject);
      },
    },
    {
      name: 'equivocation',
      weight: 2,
      mutators: JSON_MUTATORS,
      valid: evidence,
      meaning: (input) => {
        const { firstCheckpoint, secondCheckpoint } = verifyEquivocation(decodeEquivocation(input));
        return firstCheckpoint.body + secondCheckpoint.body;
      },
    },
    {
      name: 'COSE receipt',
      weight: 2,
      mutators: BYTE_MUTATORS,
      valid: receipts,
      meaning: (input) => {
        const { origin, size, index } = verifyCoseReceipt(input, {
          leafHash: leafHash(log.stored[3]!.record),
          publicKey: log.signer.publicKey,
        });
        return `${origin} ${size} ${index}`;
      },
    },
  ];
}

async function syncTargets(log: MemoryLog): Promise<Target[]> {
  const request = tailRequest({ origin: log.origin, from: 0, to: 12 });
  const withheld = new MemoryLog(9).append(...log.stored.map(({ record }) => ({ record, body: null })));
  const tails = [await answerTail(request, log), await answerTail(request, withheld)];
  const [heads] = headsRequests(new Map([[log.origin, log.head()]]));
  const set = RangeSet.of(log.stored.map(({ record }, n) => ({ order: BigInt(n), id: leafHash(record) })));
  const small = RangeSet.of(
    Array.from({ length: 200 }, (_, n) => ({ order: BigInt(n * 1000), id: leafHash(Uint8Array.of(n)) })),
  );
  const salt = new Uint8Array(16).fill(2);
  const opening = startReconciliation(small, { salt });
  return [
    {
      name: 'tail',
      weight: 4,
      mutators: BYTE_MUTATORS,
      valid: tails,
      // Bodies may be withheld or signed by others, but no record may differ.
      meaning: (input) => {
        const response = decodeSyncMessage(input, ['tail-response'], request.credit);
        const tail = verifyTail({ request, response, tree: new CompactTree() });
        const leaves = tail.entries.map(({ leafHash: leaf }) => hex(leaf));
        const whole = log.stored.map(({ record }) => hex(leafHash(record)));
        return leaves.every((leaf, i) => leaf === whole[i]) ? 'entries of the log' : 'other entries';
      },
    },
    {
      name: 'sync request',
      weight: 6,
      mutators: BYTE_MUTATORS,
      valid: [
        encodeSyncMessage(request),
        encodeSyncMessage(heads!),
        encodeSyncMessage({ kind: 'refusal', code: 'OVERLOADED', retryAfterMs: 5 }),
      ],
      parses: true,
      meaning: (input) => {
        const message = decodeSyncMessage(input, [
          'tail-request',
          'heads-request',
          'refusal',
          'consistency-request',
        ]);
        if (message.kind === 'heads-request') planSync(new Map(), message.heads);
        return hex(encodeSyncMessage(message)) === hex(input) ? 'canonical' : 'two forms';
      },
    },
    {
      name: 'reconciliation',
      weight: 6,
      mutators: BYTE_MUTATORS,
      valid: [
        opening,
        startReconciliation(set, { salt }),
        stepReconciliation(set, opening, RECONCILE_CREDIT_MIN).reply ?? opening,
      ],
      parses: true,
      meaning: (input) => {
        const { reply } = stepReconciliation(small, input, RECONCILE_CREDIT_MIN);
        return (reply?.length ?? 0) <= RECONCILE_CREDIT_MIN ? 'canonical' : 'more bytes than the credit';
      },
    },
  ];
}

function objectTargets(
  samples: readonly ReturnType<typeof sampleReceipt>[],
  cards: readonly ReturnType<typeof makeCard>[],
): Target[] {
  const keys = [publicKey(3), publicKey(42)];
  return [
    {
      name: 'envelope',
      weight: 4,
      mutators: BYTE_MUTATORS,
      valid: [...cards, samples[0]!.receipt].map((envelope) => encodeEnvelope(envelope)),
      meaning: (input) => envelopeId(verifyEnvelope(decodeEnvelope(input), { keys })),
    },
    {
      name: 'envelope as JSON',
      weight: 4,
      mutators: JSON_MUTATORS,
      valid: cards.map((card) => jsonFile(envelopeToJson(card))),
      meaning: (input) => envelopeId(verifyEnvelope(envelopeFromJson(parseStrictJson(input)), { keys })),
    },
    {
      name: 'card',
      weight: 3,
      mutators: BYTE_MUTATORS,
      valid: cards.map((card) => encodeEnvelope(card)),
      meaning: (input) => verifyCard(input).cardId,
    },
    {
      name: 'statement',
      weight: 3,
      mutators: BYTE_MUTATORS,
      valid: samples.map(({ receipt }) => encodeEnvelope(receipt)),
      meaning: (input) => verifyAgentStatement(input).id,
    },
    {
      name: 'receipt file',
      weight: 3,
      mutators: JSON_MUTATORS,
      valid: samples.map(({ file }) => jsonFile(file)),
      meaning: (input) => {
        const report = verify(input, { now: NOW });
        if (!report.ok) throw refused(report.checks.find(({ ok }) => !ok)!.detail);
        return report.kind === 'receipt-file' ? JSON.stringify(report.subject) : `a ${report.kind}`;
      },
    },
  ];
}
