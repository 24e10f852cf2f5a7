// What strangers may have kept here: a share for whoever asks, however many owners it names, and no say over the copies of others.

import assert from 'node:assert/strict';
import { REPLICA_PEER_SHARE, REPLICA_SHARE } from '../../../node/artifacts/limits.ts';
import type { ArtifactRecord } from '../../../node/artifacts/records.ts';
import { freshRecord } from '../../../node/artifacts/records.ts';
import {
  decodeRequest,
  encodeRequest,
  proofOf,
  type ReplicaRequest,
} from '../../../node/artifacts/replica-protocol.ts';
import { Replication, type ReplicationDeps } from '../../../node/artifacts/replication.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { PEERS } from '../../support/peer-ids.ts';

const [OWNER, HOLDER, STRANGER, HERE, ELSEWHERE] = PEERS;
const ROOTS = [
  'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq',
] as const;
const NOW = 1_000;
const BYTES_MAX = 16_000;
const SHARE = BYTES_MAX * REPLICA_SHARE * REPLICA_PEER_SHARE;

/** A node that keeps copies, without a network or a disk; `arrive` lets fetches end. */
async function keeper() {
  const records = new Map<string, ArtifactRecord>();
  const sizes = new Map<string, number>();
  let arrived = Promise.resolve();
  let answer: (bytes: Uint8Array, peer: { toString(): string }) => Promise<Uint8Array>;
  /** Nodes that hold every artifact, whoever asks, and those that were asked. */
  const holding = new Set<string>();
  const asked: string[] = [];
  const bytes = Uint8Array.of(1, 2, 3);
  const store = {
    usage: { bytes: 0, bytesMax: BYTES_MAX, blocks: 0 },
    records: () => [...records.values()],
    record: (root: string) => records.get(root),
    get: async () => bytes,
    blocksOf: (root: string) => [root],
    sizeOf: (root: string) => ({ blocks: 1, bytes: sizes.get(root) ?? 0 }),
    update: async (root: string, change: Partial<ArtifactRecord>) => {
      records.set(root, { ...(records.get(root) ?? freshRecord(root, 0, NOW)), ...change });
    },
  };
  const deps = {
    store,
    rpc: {
      handle: async (_: unknown, handler: typeof answer) => {
        answer = handler;
      },
      call: async (peer: { toString(): string }, _: unknown, request: Uint8Array) => {
        asked.push(peer.toString());
        const said = decodeRequest(request);
        if (!holding.has(peer.toString()) || said.kind !== 'prove')
          throw new ZeroError('NOT_FOUND', 'there is no copy here');
        return proofOf(said.nonce, [bytes]);
      },
    },
    directory: {
      nodes: () => [],
      get: (peerId: string) => ({ peerId, region: peerId === ELSEWHERE ? 'there' : 'here' }),
      isFresh: () => true,
    },
    metrics: { count: () => {} },
    log: { debug: () => {}, warn: () => {} },
    clock: { now: () => NOW, after: () => () => {} },
    network: 'test',
    region: 'here',
    peerId: HERE,
    accept: true,
    artifactBytesMax: BYTES_MAX,
    fetch: async (root: string, _: unknown, bytes: number) => {
      await arrived;
      sizes.set(root, bytes);
      records.set(root, { ...(records.get(root) ?? freshRecord(root, 0, NOW)), complete: true });
    },
  };
  const replication = new Replication(deps as unknown as ReplicationDeps);
  await replication.start();
  return {
    records,
    holding,
    asked,
    repair: async () => await replication.repair(),
    hold: (until: Promise<void>) => {
      arrived = until;
    },
    say: async (request: ReplicaRequest, peer: string) => await answer(encodeRequest(request), peer),
  };
}

const keep = (root: string, change: Record<string, unknown> = {}) =>
  ({
    kind: 'keep',
    root,
    name: 'x',
    bytes: 100,
    blocks: 1,
    region: 'here',
    copies: 3,
    owner: OWNER,
    until: 50_000,
    holders: [],
    ...change,
  }) as ReplicaRequest;
const prove = (holders: readonly string[]) =>
  ({
    kind: 'prove',
    root: ROOTS[0],
    nonce: new Uint8Array(32),
    blocks: [ROOTS[0]],
    holders: [...holders],
    until: 1,
  }) as ReplicaRequest;
const code = (wanted: string) => (error: unknown) => isZeroError(error) && error.code === wanted;

describe('copies for others', () => {
  it('one peer has its share, however many owners it names', async () => {
    const { say } = await keeper();
    await say(keep(ROOTS[0], { bytes: SHARE, owner: OWNER }), STRANGER);
    await assert.rejects(say(keep(ROOTS[1], { bytes: 1, owner: HOLDER }), STRANGER), code('ARTIFACT_QUOTA'));
    await say(keep(ROOTS[1], { bytes: SHARE, owner: OWNER }), OWNER);
  });

  it('what is still on its way counts', async () => {
    const { hold, say } = await keeper();
    const { promise, resolve } = Promise.withResolvers<void>();
    hold(promise);
    const first = say(keep(ROOTS[0], { bytes: SHARE }), OWNER);
    await assert.rejects(say(keep(ROOTS[1], { bytes: SHARE }), OWNER), code('ARTIFACT_QUOTA'));
    resolve();
    await first;
  });

  it('a stranger neither takes a promise over, nor shortens it, nor ends it; its owner lengthens it', async () => {
    const { records, say } = await keeper();
    await say(keep(ROOTS[0], { holders: [HOLDER] }), OWNER);
    const promised = records.get(ROOTS[0])!.replication;
    assert.deepEqual([promised?.owner, promised?.until], [OWNER, 50_000]);
    await say(keep(ROOTS[0], { owner: STRANGER, until: 1 }), STRANGER);
    await say(keep(ROOTS[0], { until: 1, holders: [STRANGER] }), STRANGER);
    await say({ kind: 'drop', root: ROOTS[0] }, STRANGER);
    assert.deepEqual(records.get(ROOTS[0])!.replication, promised);
    await say(keep(ROOTS[0], { owner: STRANGER, until: 1, holders: [OWNER] }), HOLDER);
    assert.deepEqual(
      [records.get(ROOTS[0])!.replication?.owner, records.get(ROOTS[0])!.replication?.until],
      [OWNER, 50_000],
      'another holder passes on who holds it, no more',
    );
    await say(keep(ROOTS[0], { until: 60_000 }), OWNER);
    assert.equal(records.get(ROOTS[0])!.replication?.until, 60_000);
  });

  it('a holder that is no peer is refused, also in a challenge', async () => {
    const { say } = await keeper();
    await assert.rejects(say(keep(ROOTS[0], { holders: ['not a peer'] }), OWNER), code('DECODE_FAILED'));
    await assert.rejects(say(keep(ROOTS[0], { owner: 'not a peer' }), OWNER), code('DECODE_FAILED'));
    const nonce = new Uint8Array(32);
    await assert.rejects(
      say(
        { kind: 'prove', root: ROOTS[0], nonce, blocks: [ROOTS[0]], holders: ['not a peer'], until: 1 },
        OWNER,
      ),
      code('DECODE_FAILED'),
    );
  });

  it('the owner counts whom a holder found once that one proves it, and hears it of no stranger', async () => {
    const { asked, holding, records, repair, say } = await keeper();
    const replication = { region: 'here', copies: 3, owner: '', until: 50_000, holders: [HOLDER] };
    records.set(ROOTS[0], { ...freshRecord(ROOTS[0], 0, NOW), complete: true, replication });
    const counted = async () => {
      await repair();
      return records.get(ROOTS[0])!.replication?.holders;
    };
    for (const peer of [HOLDER, STRANGER, ELSEWHERE]) holding.add(peer);
    await say(prove([HOLDER, STRANGER]), ELSEWHERE);
    assert.deepEqual(await counted(), [HOLDER], 'a stranger’s word is nothing');
    assert.deepEqual(asked, [HOLDER]);
    await say(prove([HERE, STRANGER, ELSEWHERE, OWNER]), HOLDER);
    assert.deepEqual(await counted(), [HOLDER, STRANGER], 'neither another region, nor who proves nothing');
    holding.delete(STRANGER);
    assert.deepEqual(await counted(), [HOLDER]);
    asked.length = 0;
    assert.deepEqual(await counted(), [HOLDER]);
    assert.deepEqual(asked, [HOLDER], 'a name is tried once');
  });
});
