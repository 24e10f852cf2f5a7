// The verifier: every kind of file is accepted whole, and refused with the right line when a part of it is wrong.

import assert from 'node:assert/strict';
import { toBase64, utf8 } from '../../../protocol/bytes/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { encodeEnvelope, envelopeToJson, seedSigner } from '../../../protocol/envelope/index.ts';
import { rotateIdentity } from '../../../protocol/identity/index.ts';
import type { JsonObject } from '../../../protocol/json/index.ts';
import {
  addSignatures,
  cosign,
  encodeEquivocation,
  encodeProof,
  explicitConsistency,
  formatVerifierKey,
  inclusionProof,
  NOTE_COSIGNATURE_ED25519,
  noteSigner,
  parseCheckpoint,
} from '../../../protocol/log/index.ts';
import {
  CARD_EVENT_PREDICATE,
  signAgentStatement,
  signStatement,
} from '../../../protocol/statement/index.ts';
import {
  type Report,
  type VerifyOptions,
  verify,
  verifyReceiptFile,
} from '../../../protocol/verify/index.ts';
import { makeAgent, makeCard, publicKey, seed, type TestAgent, VALIDITY } from '../../support/agents.ts';
import { refuses } from '../../support/codes.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { DETERMINISTIC, ISSUED_AT, jsonFile, NOW, sampleReceipt } from '../../support/receipt-files.ts';

function check(bytes: Uint8Array, options: Partial<VerifyOptions> = {}): Report {
  const report = verify(bytes, { now: NOW, ...options });
  // Whoever wants the receipt itself is told the same, and is given none whose signature does not hold.
  if (report.kind === 'receipt-file') {
    const whole = verifyReceiptFile(bytes, { now: NOW, ...options });
    assert.deepEqual(whole.report, report);
    const isSigned = report.checks.some(({ name, ok }) => name === 'signature' && ok);
    const isReceipt = isSigned && !report.checks.some(({ name }) => name === 'type');
    assert.equal(whole.receipt?.id, isReceipt ? report.subject.statementId : undefined);
  }
  return report;
}

/** Names and codes of the failed checks. */
function failures(report: Report): string[] {
  assert.equal(report.ok, report.checks.length > 0 && report.checks.every(({ ok }) => ok));
  return report.checks.filter(({ ok }) => !ok).map(({ name, code }) => `${name}: ${code}`);
}

const sample = sampleReceipt();
const other = sampleReceipt({ taskId: 'task-2' });

describe('verifying a receipt file', () => {
  it('accepts a whole one, with a line per check', () => {
    const report = check(jsonFile(sample.file));
    assert.deepEqual(failures(report), []);
    assert.equal(report.kind, 'receipt-file');
    assert.deepEqual(
      report.checks.map(({ name }) => name),
      [
        'form',
        'signature',
        'result signature',
        'time',
        'record',
        'origin',
        'executor card',
        'executor',
        'module',
        'stdin',
        'input files',
        'manifest',
        'checkpoint',
        'inclusion',
      ],
    );
    assert.equal(report.subject.executor, makeAgent(40).agentId);
    assert.equal(report.subject.fuel, '4242');
    assert.equal(report.subject.logIndex, 5);
    const { file, receipt } = verifyReceiptFile(jsonFile(sample.file), { now: NOW });
    assert.deepEqual(receipt?.receipt.deterministic, DETERMINISTIC);
    assert.deepEqual({ ...file }, { ...sample.file });
    assert.equal(verifyReceiptFile(utf8('no file'), { now: NOW }).report.ok, false);
    assert.equal(
      verifyReceiptFile(jsonFile(envelopeToJson(makeCard(makeAgent(40)))), { now: NOW }).report.ok,
      false,
    );
    assert.equal(report.verifiedAt, new Date(NOW).toISOString());
  });

  it('accepts one without a replay capsule', () => {
    assert.ok(check(jsonFile({ ...sample.file, inputs: undefined })).ok);
    assert.ok(check(jsonFile({ ...sample.file, inputs: null })).ok);
  });

  const wrong: [string, JsonObject, string[]][] = [
    ['the receipt of another task', { receipt: other.file.receipt! }, ['entry: PARTS_MISMATCH']],
    [
      'the record of another receipt',
      { entry: other.file.entry! },
      ['entry: PARTS_MISMATCH', 'inclusion: PROOF_INVALID'],
    ],
    ['the proof of another log', { proof: other.file.proof! }, ['inclusion: PROOF_INVALID']],
    [
      'the card of another agent',
      { executorCard: envelopeToJson(makeCard(makeAgent(70))) },
      ['executor: PARTS_MISMATCH'],
    ],
    [
      'a receipt in the place of the card',
      { executorCard: sample.file.receipt! },
      ['executor card: DECODE_FAILED'],
    ],
    [
      'another module',
      { inputs: { ...(sample.file.inputs as JsonObject), module: 'AAAA' } },
      ['module: PARTS_MISMATCH'],
    ],
    [
      'another manifest',
      { inputs: { ...(sample.file.inputs as JsonObject), manifest: 'AAAA' } },
      ['manifest: PARTS_MISMATCH'],
    ],
    [
      'another standard input',
      { inputs: { ...(sample.file.inputs as JsonObject), stdin: 'AAAA' } },
      ['stdin: PARTS_MISMATCH'],
    ],
    [
      'another input file',
      { inputs: { ...(sample.file.inputs as JsonObject), files: { 'in/a.txt': 'AAAA' } } },
      ['input files: PARTS_MISMATCH'],
    ],
    ['an unknown member', { extra: 1 }, ['form: DECODE_FAILED']],
    ['a record that is none', { entry: 'AAAA' }, ['record: DECODE_FAILED', 'inclusion: PROOF_INVALID']],
  ];
  for (const [what, change, expected] of wrong) {
    it(`refuses ${what}`, () =>
      assert.deepEqual(failures(check(jsonFile({ ...sample.file, ...change }))), expected));
  }

  it('refuses a receipt that was copied into another log', () => {
    const log = new MemoryLog(30).append(sampleEntry(1), { record: sample.record, body: null });
    const proof = encodeProof({
      index: 1,
      proof: inclusionProof(2, 1, log.nodes),
      checkpoint: log.checkpoint,
    });
    assert.deepEqual(failures(check(jsonFile({ ...sample.file, proof }))), ['origin: PARTS_MISMATCH']);
    const unbound = sampleReceipt({ origin: null });
    const free = new MemoryLog(30).append({ record: unbound.record, body: null });
    const bare = encodeProof({ index: 0, proof: [], checkpoint: free.checkpoint });
    assert.deepEqual(failures(check(jsonFile({ ...unbound.file, proof: bare }))), []);
  });

  it('refuses a card whose keychain parts from that of the receipt', () => {
    const base = makeAgent(40);
    const rotate = (next: number, operational: number): Pick<TestAgent, 'keychain' | 'operational'> => {
      const input = {
        promisedSeed: seed(41),
        currentSeed: seed(40),
        nextIdentityPublicKey: publicKey(next),
        ...VALIDITY,
      };
      const { keychain } = rotateIdentity({
        keychain: base.keychain,
        operationalPublicKey: publicKey(operational),
        ...input,
      });
      return { keychain, operational: seedSigner(seed(operational)) };
    };
    const [one, other] = [rotate(45, 46), rotate(47, 48)];
    const { file } = sampleReceipt({}, {}, one);
    assert.deepEqual(failures(check(jsonFile({ ...file, executorCard: envelopeToJson(makeCard(one)) }))), []);
    assert.deepEqual(failures(check(jsonFile({ ...file, executorCard: envelopeToJson(makeCard(other)) }))), [
      'keys: KEYCHAIN_INVALID',
    ]);
    // An older card of the same chain is no contradiction.
    assert.deepEqual(
      failures(check(jsonFile({ ...file, executorCard: envelopeToJson(makeCard(base)) }))),
      [],
    );
  });

  it('refuses another statement in the place of the receipt', () => {
    const agent = makeAgent(40);
    const event = signAgentStatement({
      predicateType: CARD_EVENT_PREDICATE,
      predicate: {
        issuedAt: ISSUED_AT,
        event: 'published',
        card: verifyCard(makeCard(agent)).cardId,
        sequence: 1,
        previous: null,
      },
      keychain: agent.keychain,
      signer: agent.operational,
    });
    assert.deepEqual(failures(check(jsonFile({ ...sample.file, receipt: envelopeToJson(event) }))), [
      'type: PARTS_MISMATCH',
    ]);
  });

  it('refuses a changed receipt and one from the future', () => {
    const { receipt } = sample.file as { receipt: { payload: string; signatures: JsonObject[] } };
    const payload = toBase64(
      utf8(Buffer.from(receipt.payload, 'base64').toString().replace('"4242"', '"4243"')),
    );
    assert.deepEqual(failures(check(jsonFile({ ...sample.file, receipt: { ...receipt, payload } }))), [
      'signature: SIGNATURE_INVALID',
    ]);
    assert.deepEqual(failures(check(jsonFile(sample.file), { now: NOW - 7_200_000 })), [
      'time: NOT_IN_FORCE',
    ]);
  });

  it('judges the head by a policy when there is one', () => {
    const signer = noteSigner(seed(90));
    const vkey = formatVerifierKey({
      name: 'w.example',
      type: NOTE_COSIGNATURE_ED25519,
      publicKey: signer.publicKey,
    });
    const policy = `witness w ${vkey}\nquorum w\n`;
    assert.deepEqual(failures(check(jsonFile(sample.file), { policy })), [
      'checkpoint: WITNESS_QUORUM_MISSING',
    ]);
    const { checkpoint } = sample.log;
    const timeSeconds = NOW / 1000 - 60;
    const witnessed = addSignatures(checkpoint, [
      cosign(parseCheckpoint(checkpoint), { name: 'w.example', signer, timeSeconds }),
    ]);
    const proof = (sample.file.proof as string).replace(checkpoint, witnessed);
    const report = check(jsonFile({ ...sample.file, proof }), { policy });
    assert.deepEqual(failures(report), []);
    assert.equal(report.subject.asOf, new Date(timeSeconds * 1000).toISOString());
    assert.deepEqual(failures(check(jsonFile({ ...sample.file, proof }), { policy, maxAgeSeconds: 30 })), [
      'checkpoint: WITNESS_QUORUM_MISSING',
    ]);
  });
});

describe('verifying a card', () => {
  const card = makeCard(makeAgent(1));

  it('accepts it as JSON and as wire bytes, within its time only', () => {
    for (const bytes of [jsonFile(envelopeToJson(card)), encodeEnvelope(card)]) {
      const report = check(bytes);
      assert.deepEqual([report.kind, report.ok], ['agent-card', true]);
      assert.deepEqual(failures(check(bytes, { now: Date.parse('2026-03-02T00:00:00Z') })), [
        'time: NOT_IN_FORCE',
      ]);
      assert.deepEqual(failures(check(bytes, { now: Date.parse('2026-02-28T23:59:59Z') })), [
        'time: NOT_IN_FORCE',
      ]);
    }
  });

  it('refuses another signature', () => {
    const [signature] = card.signatures;
    const sig = signature!.sig.slice();
    sig[3]! ^= 1;
    assert.deepEqual(failures(check(encodeEnvelope({ ...card, signatures: [{ ...signature!, sig }] }))), [
      'signature: SIGNATURE_INVALID',
    ]);
  });
});

describe('verifying a statement', () => {
  it('accepts one of an agent alone', () => {
    const report = check(encodeEnvelope(sample.receipt));
    assert.deepEqual([report.kind, failures(report)], ['statement', []]);
    assert.equal(report.subject.issuer, makeAgent(40).agentId);
  });

  it('accepts one of another tool under a given key only', () => {
    const foreign = signStatement({
      subject: [{ name: 'app', digest: { sha256: 'ab'.repeat(32) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {},
      signer: seedSigner(seed(5)),
    });
    const bytes = jsonFile(envelopeToJson(foreign));
    assert.ok(check(bytes, { keys: [publicKey(6), publicKey(5)] }).ok);
    assert.deepEqual(failures(check(bytes)), ['signature: SIGNER_UNKNOWN']);
    assert.deepEqual(failures(check(bytes, { keys: [publicKey(6)] })), ['signature: SIGNATURE_INVALID']);
  });
});

describe('verifying log files', () => {
  const log = new MemoryLog(8).append(...Array.from({ length: 6 }, (_, n) => sampleEntry(n)));

  it('accepts a checkpoint, and refuses it changed', () => {
    assert.deepEqual(
      [check(utf8(log.checkpoint)).kind, check(utf8(log.checkpoint)).ok],
      ['checkpoint', true],
    );
    assert.deepEqual(failures(check(utf8(log.checkpoint.replace('\n6\n', '\n7\n')))), [
      'checkpoint: SIGNATURE_INVALID',
    ]);
  });

  it('accepts a log proof that carries its record', () => {
    const parts = { index: 2, proof: inclusionProof(6, 2, log.nodes), checkpoint: log.checkpoint };
    const report = check(utf8(encodeProof({ ...parts, extra: log.stored[2]!.record })));
    assert.deepEqual([report.kind, failures(report)], ['log-proof', []]);
    assert.deepEqual(failures(check(utf8(encodeProof(parts)))), ['inclusion: PROOF_INVALID']);
    assert.deepEqual(failures(check(utf8(encodeProof({ ...parts, extra: log.stored[3]!.record })))), [
      'inclusion: PROOF_INVALID',
    ]);
  });

  it('accepts evidence of a fork, and refuses evidence of none', () => {
    const twin = new MemoryLog(8).append(...Array.from({ length: 4 }, (_, n) => sampleEntry(n + 9)));
    const proof = explicitConsistency(4, 6, log.nodes);
    const report = check(encodeEquivocation({ first: twin.checkpoint, second: log.checkpoint, proof }));
    assert.deepEqual(
      [report.kind, failures(report), report.subject.origin],
      ['equivocation', [], log.origin],
    );
    const none = encodeEquivocation({ first: log.checkpointAt(4), second: log.checkpoint, proof });
    assert.deepEqual(failures(check(none)), ['equivocation: PROOF_INVALID']);
  });
});

describe('verifying anything else', () => {
  it('reports a refusal and never throws', () => {
    for (const bad of [
      '',
      '{}',
      '[]',
      '{"kind":"zerostate-receipt/v2"}',
      '{"kind":"zerostate-receipt/v1"}',
      'hello',
      '{"a":1,"a":2}',
      '\ufeff{}',
      'c2sp.org/tlog-proof@v1\n',
      'a\n\n— b c\n',
    ]) {
      const report = check(utf8(bad));
      assert.equal(report.ok, false, bad);
      assert.ok(
        failures(report).every((line) => line.startsWith('form: ')),
        bad,
      );
    }
    for (const bad of [[0xa3], [0xff, 0xfe], [0xa3, 0x67]])
      assert.equal(check(Uint8Array.from(bad)).ok, false);
  });

  it('says of a statement or a bill of materials without a signature that there is none', () => {
    for (const [file, what] of [
      [
        '{"_type":"https://in-toto.io/Statement/v1","subject":[]}',
        /an in-toto statement that nobody has signed/,
      ],
      ['{"bomFormat":"CycloneDX","components":[]}', /a bill of materials that nobody has signed/],
    ] as const)
      assert.match(check(utf8(file)).checks[0]!.detail, what);
  });

  it('throws for options that are wrong', () => {
    for (const now of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY])
      refuses(() => check(utf8('{}'), { now }), 'DECODE_FAILED');
    refuses(() => check(utf8('{}'), { policy: 'rubbish' }), 'DECODE_FAILED');
  });
});
