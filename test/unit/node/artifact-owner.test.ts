// The owner of a copied artifact and its holders, each with the real rounds, over calls in memory: whoever finds a further holder, the owner shows it.

import assert from 'node:assert/strict';
import type { ArtifactRecord } from '../../../node/artifacts/records.ts';
import { freshRecord } from '../../../node/artifacts/records.ts';
import { byRank } from '../../../node/artifacts/replica-protocol.ts';
import { Replication, type ReplicationDeps } from '../../../node/artifacts/replication.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { PEERS } from '../../support/peer-ids.ts';

const ROOT = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
const BYTES = Uint8Array.of(1, 2, 3);
const COPIES = 3;

type Answer = (bytes: Uint8Array, peer: { toString(): string }) => Promise<Uint8Array>;

/** Nodes of one region that all hear of each other; those that died answer nothing and are not heard. */
async function world(owner: string) {
  const answers = new Map<string, Answer>();
  const records = new Map<string, ArtifactRecord>();
  const rounds = new Map<string, Replication>();
  const now = { ms: 1_000 };
  for (const peerId of PEERS) {
    const replication = new Replication({
      store: {
        usage: { bytes: 0, bytesMax: 1_000_000, blocks: 0 },
        records: () => [records.get(peerId)].filter((record) => record !== undefined),
        record: () => records.get(peerId),
        sizeOf: () => ({ blocks: 1, bytes: BYTES.length }),
        get: async () => BYTES,
        blocksOf: () => [ROOT],
        update: async (_: string, change: Partial<ArtifactRecord>) => {
          records.set(peerId, { ...(records.get(peerId) ?? freshRecord(ROOT, 0, now.ms)), ...change });
        },
      },
      rpc: {
        handle: async (_: unknown, answer: Answer) => {
          answers.set(peerId, answer);
        },
        call: async (to: { toString(): string }, _: unknown, request: Uint8Array) => {
          const answer = answers.get(to.toString());
          if (answer === undefined) throw new ZeroError('PEER_UNREACHABLE', 'it is gone');
          return await answer(request, { toString: () => peerId });
        },
      },
      directory: {
        nodes: () => PEERS.map((peer) => ({ peerId: peer, region: 'here' })),
        get: (peer: string) => ({ peerId: peer, region: 'here' }),
        isFresh: (node: { peerId: string }) => answers.has(node.peerId),
      },
      clock: { now: () => now.ms, after: () => () => {} },
      metrics: { count: () => {} },
      log: { debug: () => {}, warn: () => {} },
      network: 'test',
      region: 'here',
      peerId,
      accept: true,
      artifactBytesMax: 1_000,
      fetch: async () => {
        records.set(peerId, { ...freshRecord(ROOT, 0, now.ms), complete: true });
      },
    } as unknown as ReplicationDeps);
    await replication.start();
    rounds.set(peerId, replication);
  }
  records.set(owner, {
    ...freshRecord(ROOT, 0, now.ms),
    complete: true,
    replication: { region: 'here', copies: COPIES, owner: '', until: now.ms, holders: [] },
  });
  return {
    now,
    /** A round of each that lives. */
    round: async () => {
      for (const peerId of answers.keys()) await rounds.get(peerId)?.repair();
    },
    die: (peerId: string) => {
      answers.delete(peerId);
      records.delete(peerId);
    },
    holders: () => [...records.keys()].filter((peer) => peer !== owner).sort(),
    shown: () => [...(records.get(owner)?.replication?.holders ?? [])].sort(),
    until: (peerId: string) => records.get(peerId)?.replication?.until,
  };
}

describe('the owner of a copied artifact', () => {
  for (const [place, owner] of byRank(ROOT, PEERS).entries())
    it(`shows all copies after a holder died, also as number ${place + 1} of those that may find another`, async () => {
      const { die, holders, now, round, shown, until } = await world(owner);
      await round();
      assert.equal(holders().length, COPIES - 1);
      assert.deepEqual(shown(), holders());
      die(holders()[0]!);
      await round();
      await round();
      assert.equal(holders().length, COPIES - 1, 'another was found for it');
      assert.deepEqual(shown(), holders());
      now.ms += 1_000;
      await round();
      const promised = holders().map(until);
      assert.deepEqual(promised, [until(owner), until(owner)], 'the owner lengthens every promise');
    });
});
