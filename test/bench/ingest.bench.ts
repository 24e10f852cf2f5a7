// Taking in statements from a partner: a tail checked, stored with one fsync, every statement verified and indexed by what it is
// about. Against the bare native signature checks of the same statements, which nobody can leave out.

import { createPublicKey, verify } from 'node:crypto';
import { LogStore } from '../../node/log/log-store.ts';
import { openDatabase } from '../../node/storage/index.ts';
import {
  type Envelope,
  encodeEnvelope,
  envelopeId,
  pae,
  primedParts,
  publicKeyOfDidKey,
} from '../../protocol/envelope/index.ts';
import {
  encodeLogEntry,
  leafHash,
  noteSigner,
  originOf,
  peerIdOfKey,
  signCheckpoint,
} from '../../protocol/log/index.ts';
import { signReceipt, verifyReceipt } from '../../protocol/receipt/index.ts';
import { verifyAgentStatement, verifyDeterministicSignature } from '../../protocol/statement/index.ts';
import { answerTail, decodeSyncMessage, tailRequest, verifyTail } from '../../protocol/sync/index.ts';
import { makeAgent, makeDeterministic, OBSERVED } from '../support/agents.ts';
import { MemoryTree } from '../support/merkle.ts';
import type { Bench } from './bench.ts';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const ISSUED_AT = '2026-03-01T12:00:00Z';

export const bench: Bench = {
  name: 'ingest',
  summary:
    'statements verified, appended, fsynced and indexed, against bare node:crypto verify over the same statements',
  bar: { sign: '>=', value: 0.7 },
  async run({ sizes, random, compare, folder }) {
    const count = sizes(500, 1_000);
    for (const issuers of [1, 20]) {
      const stream = random(`statements of ${issuers}`);
      const agents = Array.from({ length: issuers }, (_, i) => makeAgent(1 + 3 * i));
      const envelopes = Array.from({ length: count }, (_, i): Envelope => {
        const agent = agents[i % issuers]!;
        return signReceipt({
          keychain: agent.keychain,
          signer: agent.operational,
          issuedAt: ISSUED_AT,
          deterministic: makeDeterministic(),
          observed: { ...OBSERVED, taskId: `task-${i}` },
        });
      });
      const entries = envelopes.map((envelope) => ({
        record: encodeLogEntry({ statementId: envelopeId(envelope), salt: stream.bytes(16) }),
        body: encodeEnvelope(envelope),
      }));
      // A receipt is signed twice: as a statement, and its deterministic part apart.
      const checks = envelopes.flatMap((envelope) => {
        const { receipt, operationalKey } = verifyReceipt(envelope);
        const key = createPublicKey({
          key: Buffer.concat([SPKI_PREFIX, publicKeyOfDidKey(operationalKey)]),
          format: 'der',
          type: 'spki',
        });
        const result = verifyDeterministicSignature(receipt, operationalKey) as Envelope;
        return [envelope, result].map(({ payloadType, payload, signatures }) => ({
          message: pae(payloadType, payload),
          signature: signatures[0]!.sig,
          key,
        }));
      });
      const nodes = new MemoryTree(
        entries.map(({ record }) => leafHash(record)),
        { roots: false },
      );
      await using database = await openDatabase(folder());
      const store = new LogStore(database);
      const subjects = new Map<string, string[]>();
      // Each round is another partner's log with the same statements, so that nothing is there already.
      const logs = Array.from({ length: 400 }, () => {
        const signer = noteSigner(stream.bytes(32));
        const origin = originOf(peerIdOfKey(signer.publicKey));
        return {
          origin,
          checkpoint: signCheckpoint({ origin, size: count, root: nodes.tree.root(), signer }),
        };
      });
      let round = 0;
      let answer: { origin: string; bytes: Uint8Array };
      await compare({
        case: `${count} statements of ${issuers} issuer${issuers === 1 ? '' : 's'}, one tail`,
        sizes: { statements: count, issuers, bytes: entries.reduce((sum, { body }) => sum + body.length, 0) },
        operations: count,
        seconds: 6,
        peerName: 'node:crypto verify',
        async before() {
          const { origin, checkpoint } = logs[round++ % logs.length]!;
          const request = tailRequest({ origin, from: 0, to: count }, 8 * 1024 * 1024);
          answer = {
            origin,
            bytes: await answerTail(request, {
              checkpoint,
              nodes,
              entries: (from, to) => entries.slice(from, to),
            }),
          };
        },
        async ours() {
          const { origin, bytes } = answer;
          const request = tailRequest({ origin, from: 0, to: count }, 8 * 1024 * 1024);
          const { tree } = new LogStore(database).state(origin);
          const tail = verifyTail({
            request,
            response: decodeSyncMessage(bytes, ['tail-response'], request.credit),
            tree,
          });
          // Disk and signature checks work beside each other; nothing is acted on before both are done.
          const stored = store.append({ ...tail, checkpoint: tail.checkpoint.text }, 0);
          const verified: ReturnType<typeof verifyAgentStatement>[] = [];
          for await (const part of primedParts(tail.entries, ({ envelope }) => envelope)) {
            for (const { envelope } of part) verified.push(verifyAgentStatement(envelope!));
          }
          await stored;
          for (const [index, { statement }] of verified.entries()) {
            for (const { digest } of statement.subject) {
              const known = subjects.get(digest.sha256!) ?? [];
              known.push(`${origin}/${index}`);
              subjects.set(digest.sha256!, known);
            }
          }
        },
        peer() {
          for (const { message, signature, key } of checks)
            if (!verify(null, message, key, signature)) throw new Error('a good signature was refused');
        },
      });
    }
  },
};
