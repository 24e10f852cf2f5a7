// Witness cosignatures, policies, and what a witness may cosign.

import assert from 'node:assert/strict';
import {
  addSignatures,
  applyPolicy,
  consistencyProof,
  cosign,
  formatVerifierKey,
  NOTE_COSIGNATURE_ED25519,
  NOTE_ED25519,
  noteSigner,
  parseCheckpoint,
  parsePolicy,
  readCosignature,
  reviewForCosigning,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import { refuses } from '../../support/codes.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';

const log = new MemoryLog(1).append(...Array.from({ length: 9 }, (_, n) => sampleEntry(n)));
const NOW = 1_800_000_000;
const witnesses = Array.from({ length: 5 }, (_, i) => {
  const signer = noteSigner(new Uint8Array(32).fill(50 + i));
  const name = `witness.example/w${i}`;
  return {
    name,
    signer,
    vkey: formatVerifierKey({ name, type: NOTE_COSIGNATURE_ED25519, publicKey: signer.publicKey }),
  };
});
const logVkey = formatVerifierKey({ name: log.origin, type: NOTE_ED25519, publicKey: log.signer.publicKey });
const POLICY = `# two operators
log ${logVkey} https://log.example/
  witness X1 ${witnesses[0]!.vkey}
witness X2\t${witnesses[1]!.vkey}
witness X3 ${witnesses[2]!.vkey} https://w.example/

group X 2 X1 X2 X3
witness Y1 ${witnesses[3]!.vkey}
witness Y2 ${witnesses[4]!.vkey}
group Y any Y1 Y2
group X-and-Y all X Y
quorum X-and-Y
`;

function cosignedBy(...signed: [number, number][]): string {
  const head = parseCheckpoint(log.checkpoint);
  return addSignatures(
    log.checkpoint,
    signed.map(([i, timeSeconds]) => cosign(head, { ...witnesses[i]!, timeSeconds })),
  );
}

const judge = (text: string, policy = POLICY, maxAgeSeconds?: number): ReturnType<typeof applyPolicy> =>
  applyPolicy(parseCheckpoint(text), parsePolicy(policy), {
    nowSeconds: NOW,
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
  });

describe('cosignatures', () => {
  it("are read back with their time; of two the newest counts; the log's own signature still holds", () => {
    const text = cosignedBy([0, 2000], [0, 1000]);
    const key = { name: witnesses[0]!.name, publicKey: witnesses[0]!.signer.publicKey };
    assert.equal(readCosignature(parseCheckpoint(text), key)?.timeSeconds, 2000);
    assert.equal(readCosignature(parseCheckpoint(log.checkpoint), key), null);
    verifyNodeCheckpoint(text);
  });

  it('are not added twice', () => {
    const line = cosign(parseCheckpoint(log.checkpoint), { ...witnesses[0]!, timeSeconds: 5 });
    assert.equal(
      addSignatures(addSignatures(log.checkpoint, [line]), [line, line]),
      addSignatures(log.checkpoint, [line]),
    );
  });

  it('are refused when the body or the time was changed', () => {
    const other = new MemoryLog(1).append(sampleEntry(1));
    const line = cosign(parseCheckpoint(log.checkpoint), { ...witnesses[0]!, timeSeconds: 1000 });
    const key = { name: witnesses[0]!.name, publicKey: witnesses[0]!.signer.publicKey };
    refuses(
      () => readCosignature(parseCheckpoint(addSignatures(other.checkpoint, [line])), key),
      'SIGNATURE_INVALID',
    );
    const [dash, name, base64] = line.trim().split(' ');
    const bytes = Buffer.from(base64!, 'base64');
    bytes[11]! ^= 1;
    const shifted = `${dash} ${name} ${bytes.toString('base64')}\n`;
    refuses(
      () => readCosignature(parseCheckpoint(addSignatures(log.checkpoint, [shifted])), key),
      'SIGNATURE_INVALID',
    );
  });
});

describe('policies', () => {
  it('accept a quorum across operators, and say as of when', () => {
    const finding = judge(cosignedBy([0, NOW - 50], [2, NOW - 90], [4, NOW - 10]));
    assert.deepEqual(finding.witnesses, ['X1', 'X3', 'Y2']);
    assert.equal(finding.asOfSeconds, NOW - 90);
  });

  it('refuse one operator alone, however many witnesses it has', () => {
    refuses(() => judge(cosignedBy([0, NOW], [1, NOW], [2, NOW])), 'WITNESS_QUORUM_MISSING');
    refuses(() => judge(cosignedBy([0, NOW], [3, NOW], [4, NOW])), 'WITNESS_QUORUM_MISSING');
    refuses(() => judge(log.checkpoint), 'WITNESS_QUORUM_MISSING');
  });

  it('count neither old cosignatures nor those of the future', () => {
    const text = cosignedBy([0, NOW], [1, NOW - 4000], [3, NOW]);
    judge(text, POLICY, 5000);
    refuses(() => judge(text, POLICY, 3000), 'WITNESS_QUORUM_MISSING');
    refuses(() => judge(cosignedBy([0, NOW], [1, NOW + 4000], [3, NOW])), 'WITNESS_QUORUM_MISSING');
  });

  it('know their logs; without log lines, an origin names its own key', () => {
    refuses(() => judge(log.checkpoint, `log ${witnessAsLog()}\nquorum none\n`), 'LOG_UNKNOWN');
    assert.equal(judge(log.checkpoint, 'quorum none').asOfSeconds, null);
    const liar = log.checkpoint.replace('\n9\n', '\n8\n');
    refuses(() => judge(liar, 'quorum none'), 'SIGNATURE_INVALID');
    refuses(() => judge(liar, `log ${logVkey}\nquorum none\n`), 'SIGNATURE_INVALID');
  });

  it('are refused when malformed', () => {
    const [w0, w1] = [`witness A ${witnesses[0]!.vkey}\n`, `witness B ${witnesses[1]!.vkey}\n`];
    for (const bad of [
      '',
      'quorum A',
      `${w0}`,
      `${w0}quorum A\nquorum A`,
      `${w0}quorum none extra`,
      `${w0}${w0.replace(' A ', ' C ')}quorum A`,
      `${w0}${w1.replace(' B ', ' A ')}quorum A`,
      `witness none ${witnesses[0]!.vkey}\nquorum none`,
      `${w0}group G 2 A\nquorum G`,
      `${w0}group G 0 A\nquorum G`,
      `${w0}group G any\nquorum G`,
      `${w0}group G any A none\nquorum G`,
      `group G any A\n${w0}quorum G`,
      `${w0}${w1}group G any A B\ngroup H any A\nquorum G`,
      `${w0}group G any A A\nquorum G`,
      `witness A ${logVkey}\nquorum A`,
      `log ${witnesses[0]!.vkey}\nquorum none`,
      `log ${logVkey}\nlog ${logVkey}\nquorum none`,
      `${w0}allow A\nquorum A`,
      `${w0}quorum A\u0007`,
    ]) {
      refuses(() => parsePolicy(bad), 'DECODE_FAILED');
    }
    refuses(() => parsePolicy('#'.repeat(70_000)), 'LIMIT_EXCEEDED');
  });

  function witnessAsLog(): string {
    return formatVerifierKey({
      name: 'other.example/log',
      type: NOTE_ED25519,
      publicKey: witnesses[0]!.signer.publicKey,
    });
  }
});

describe('a witness', () => {
  const at = (size: number): ReturnType<typeof verifyNodeCheckpoint> =>
    verifyNodeCheckpoint(log.checkpointAt(size));

  it('cosigns a continuation, from nothing and from its newest head', () => {
    const first = reviewForCosigning(null, { oldSize: 0, proof: [], checkpoint: at(4) });
    assert.ok(first.verdict === 'accept');
    const second = reviewForCosigning(first.next, {
      oldSize: 4,
      proof: consistencyProof(4, 9, log.nodes),
      checkpoint: at(9),
    });
    assert.ok(second.verdict === 'accept' && second.next.size === 9);
  });

  it('tells an asker with another size where it stands, and rolls nothing back', () => {
    const state = { size: 5, root: log.nodes.roots[5]! };
    assert.deepEqual(reviewForCosigning(state, { oldSize: 7, proof: [], checkpoint: at(9) }), {
      verdict: 'conflict',
      size: 5,
    });
    assert.deepEqual(reviewForCosigning(state, { oldSize: 0, proof: [], checkpoint: at(9) }), {
      verdict: 'conflict',
      size: 5,
    });
    assert.deepEqual(reviewForCosigning(state, { oldSize: 3, proof: [], checkpoint: at(3) }), {
      verdict: 'conflict',
      size: 5,
    });
  });

  it('refuses a fork and a false proof', () => {
    const twin = new MemoryLog(1).append(...Array.from({ length: 9 }, (_, n) => sampleEntry(n + 1)));
    const state = { size: 4, root: log.nodes.roots[4]! };
    const fork = reviewForCosigning(state, {
      oldSize: 4,
      proof: [],
      checkpoint: verifyNodeCheckpoint(twin.checkpointAt(4)),
    });
    assert.equal(fork.verdict === 'reject' && fork.error.code, 'LOG_FORKED');
    const proof = consistencyProof(4, 9, twin.nodes);
    const other = reviewForCosigning(state, {
      oldSize: 4,
      proof,
      checkpoint: verifyNodeCheckpoint(twin.checkpoint),
    });
    assert.equal(other.verdict === 'reject' && other.error.code, 'PROOF_INVALID');
    const above = reviewForCosigning(null, { oldSize: 9, proof: [], checkpoint: at(4) });
    assert.equal(above.verdict, 'reject');
  });
});
