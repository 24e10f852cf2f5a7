// Appending to a node's log (record, body, tree nodes, signed checkpoint, one fsync) against a bare LevelDB batch with the
// same records and bodies and one fsync.

import { systemClock } from '../../node/clock/index.ts';
import { LogStore } from '../../node/log/log-store.ts';
import { OwnLog } from '../../node/log/own-log.ts';
import { DURABLE, openDatabase } from '../../node/storage/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { encodeEnvelope, envelopeId, seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import { encodeLogEntry, peerIdOfKey } from '../../protocol/log/index.ts';
import type { Bench } from './bench.ts';

const PAYLOAD_BYTES = 1_024;

export const bench: Bench = {
  name: 'append',
  summary: 'statements appended to a log on disk, against a bare LevelDB batch of the same bytes; both fsync',
  // Half of a batch that neither hashes, signs nor keeps proofs.
  bar: { sign: '>=', value: 0.5 },
  async run({ sizes, random, compare, folder }) {
    const stream = random('statements');
    const seed = stream.bytes(32);
    const signers = [seedSigner(seed)];
    await using logDatabase = await openDatabase(folder());
    await using bareDatabase = await openDatabase(folder());
    const log = new OwnLog({
      store: new LogStore(logDatabase),
      clock: systemClock,
      peerId: peerIdOfKey(publicKeyOfSeed(seed)),
      seed,
      listener: { entry: () => undefined, head: () => undefined },
    });
    let written = 0;
    for (const group of sizes([1, 16, 128], [1, 16, 128, 1_024])) {
      const envelopes = Array.from({ length: group }, () =>
        signEnvelope({
          payloadType: 'application/vnd.in-toto+json',
          payload: stream.bytes(PAYLOAD_BYTES),
          signers,
        }),
      );
      const rows = envelopes.map((envelope) => ({
        record: encodeLogEntry({ statementId: envelopeId(envelope), salt: stream.bytes(16) }),
        body: encodeEnvelope(envelope),
      }));
      await compare({
        case: `${group} at once`,
        sizes: { statements: group, payloadBytes: PAYLOAD_BYTES },
        operations: group,
        peerName: 'level batch',
        async ours() {
          await Promise.all(envelopes.map((envelope) => log.append(envelope)));
        },
        async peer() {
          const batch = bareDatabase.batch();
          for (const { record, body } of rows) {
            const key = String(written++).padStart(14, '0');
            batch.put(`r/${key}`, record);
            batch.put(`b/${key}`, body);
          }
          await batch.write(DURABLE);
        },
      });
    }
  },
};
