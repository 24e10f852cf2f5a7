// Keeps so many copies of an artifact in a region. Every holder knows the others, and challenges them with random blocks; of those that
// hold, the first in an order that all compute alike asks further nodes to keep a copy until there are enough again.

import { randomBytes, randomInt } from 'node:crypto';
import { peerIdFromString } from '@libp2p/peer-id';
import { CID } from 'multiformats/cid';
import { equalBytes } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { parseCid } from './blocks.ts';
import { CHALLENGE_BLOCKS, HOLDERS_MAX, LEASE_MS, REPAIR_MS } from './limits.ts';
import { NamedHolders } from './named-holders.ts';
import type { ArtifactRecord } from './records.ts';
import {
  byRank,
  decodeRequest,
  encodeRequest,
  type KeepRequest,
  NONCE_BYTES,
  othersThan,
  type ProveRequest,
  proofOf,
  replicaProtocol,
} from './replica-protocol.ts';
import { ReplicaQuota } from './replica-quota.ts';
import type { ReplicationDeps } from './replication-deps.ts';

export type { ReplicationDeps } from './replication-deps.ts';

const OK = new Uint8Array([1]);

/** Replication of one node. */
export class Replication {
  readonly #deps: ReplicationDeps;
  readonly #quota: ReplicaQuota;
  readonly #named: NamedHolders;
  #cancel: () => void = () => {};
  #round: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: ReplicationDeps) {
    this.#deps = deps;
    this.#quota = new ReplicaQuota(deps);
    this.#named = new NamedHolders(deps.directory);
  }

  async start(): Promise<void> {
    const { clock, network, rpc } = this.#deps;
    await rpc.handle(
      replicaProtocol(network),
      async (bytes, peer) => await this.#answer(bytes, peer.toString()),
    );
    const round = () => {
      void this.repair().finally(() => {
        if (!this.#stopped) this.#cancel = clock.after(REPAIR_MS, round);
      });
    };
    this.#cancel = clock.after(REPAIR_MS, round);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#round;
  }

  /** One round over everything that is to be kept in copies. Never throws. */
  async repair(): Promise<void> {
    this.#round ??= this.#repairAll().finally(() => {
      this.#round = undefined;
    });
    await this.#round;
  }

  /** Tells the holders that their copies are no longer wanted. Who does not hear it lets go when the promise ends. */
  async release(root: string): Promise<void> {
    const { network, rpc, store } = this.#deps;
    const replication = store.record(root)?.replication;
    if (replication == null || replication.owner !== '') return;
    await store.update(root, { replication: null });
    const request = encodeRequest({ kind: 'drop', root });
    await Promise.allSettled(
      replication.holders.map((peer) => rpc.call(peerIdFromString(peer), replicaProtocol(network), request)),
    );
  }

  async #repairAll(): Promise<void> {
    this.#named.begin();
    for (const { root } of this.#deps.store.records()) {
      if (this.#stopped) return;
      try {
        await this.#repairOne(root);
      } catch (error) {
        this.#deps.log.warn({ err: error, root }, 'copies could not be checked');
      }
    }
  }

  async #repairOne(root: string): Promise<void> {
    const { clock, peerId, store } = this.#deps;
    const record = store.record(root);
    if (record?.replication == null || !record.complete) return;
    const { owner, until } = record.replication;
    if (owner !== '' && until <= clock.now()) {
      await store.update(root, { replication: null });
      return;
    }
    // The owner renews the promise; the others pass on what they were given.
    const renewed =
      owner === '' ? { ...record.replication, until: clock.now() + LEASE_MS } : record.replication;
    const alive: string[] = [];
    for (const holder of [...renewed.holders, ...this.#named.beside(record)])
      if (await this.#holds({ ...record, replication: renewed }, holder)) alive.push(holder);
    const [first] = byRank(root, [peerId, ...alive]);
    const holders =
      first === peerId ? await this.#recruit({ ...record, replication: renewed }, alive) : alive;
    if (store.record(root)?.replication != null)
      await store.update(root, { replication: { ...renewed, holders } });
    // The owner lengthens the promises that it knows of: it hears at once of whom another holder found.
    if (holders.length > alive.length && alive.includes(owner))
      await this.#holds({ ...record, replication: { ...renewed, holders } }, owner);
  }

  /** Asks further nodes of the region, the fitting ones first, until there are enough copies; answers all other holders. */
  async #recruit(record: ArtifactRecord, alive: readonly string[]): Promise<string[]> {
    const { directory, log, metrics, peerId } = this.#deps;
    const wanted = record.replication as NonNullable<ArtifactRecord['replication']>;
    const holders = [...alive];
    const candidates = directory
      .nodes()
      .filter((node) => node.region === wanted.region && directory.isFresh(node))
      .map((node) => node.peerId)
      .filter((peer) => peer !== peerId && !holders.includes(peer));
    for (const peer of byRank(record.root, candidates)) {
      if (holders.length + 1 >= wanted.copies || this.#stopped) break;
      try {
        await this.#askToKeep(record, peer, holders);
        if (!(await this.#holds(record, peer))) throw new ZeroError('ARTIFACT_INCOMPLETE', 'it has no copy');
        holders.push(peer);
        metrics.count('zerostate_artifact_repairs_total', { result: 'ok' });
      } catch (error) {
        metrics.count('zerostate_artifact_repairs_total', { result: 'failed' });
        log.debug({ peer, root: record.root, error: (error as Error).message }, 'a peer keeps no copy');
      }
    }
    return holders;
  }

  async #askToKeep(record: ArtifactRecord, peer: string, holders: readonly string[]): Promise<void> {
    const { network, peerId, rpc, store } = this.#deps;
    const { copies, owner, region, until } = record.replication as NonNullable<ArtifactRecord['replication']>;
    const request: KeepRequest = {
      kind: 'keep',
      root: record.root,
      name: record.name,
      ...store.sizeOf(record.root),
      region,
      copies,
      owner: owner === '' ? peerId : owner,
      until,
      holders: [peerId, ...holders].slice(0, HOLDERS_MAX),
    };
    // The other side fetches it before it answers: as long as that takes at a slow link's pace, within bounds.
    const timeoutMs = 10_000 + Math.min(300_000, request.bytes / 1_000);
    await rpc.call(peerIdFromString(peer), replicaProtocol(network), encodeRequest(request), { timeoutMs });
  }

  /** Challenges a holder with random blocks. */
  async #holds(record: ArtifactRecord, peer: string): Promise<boolean> {
    const { network, peerId, rpc, store } = this.#deps;
    const all = store.blocksOf(record.root);
    const blocks = Array.from(
      { length: Math.min(CHALLENGE_BLOCKS, all.length) },
      () => all[randomInt(all.length)] as string,
    );
    const bytes = await this.#read(blocks);
    if (bytes === undefined) return false;
    const nonce = new Uint8Array(randomBytes(NONCE_BYTES));
    const { holders, until } = record.replication as NonNullable<ArtifactRecord['replication']>;
    const known = [peerId, ...holders].filter((name) => name !== peer).slice(0, HOLDERS_MAX);
    const request: ProveRequest = { kind: 'prove', root: record.root, nonce, blocks, holders: known, until };
    try {
      const answer = await rpc.call(peerIdFromString(peer), replicaProtocol(network), encodeRequest(request));
      return equalBytes(answer, proofOf(nonce, bytes));
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return false;
    }
  }

  async #read(blocks: readonly string[]): Promise<Uint8Array[] | undefined> {
    const bytes: Uint8Array[] = [];
    for (const block of blocks) {
      const read = await this.#deps.store.get(CID.parse(block));
      if (read === undefined) return undefined;
      bytes.push(read);
    }
    return bytes;
  }

  async #answer(bytes: Uint8Array, peer: string): Promise<Uint8Array> {
    const request = decodeRequest(bytes);
    if (request.kind === 'keep') return await this.#keep(request, peer);
    if (request.kind === 'prove') return await this.#prove(request, peer);
    const record = this.#deps.store.record(request.root);
    if (record?.replication?.owner === peer)
      await this.#deps.store.update(request.root, { replication: null });
    return OK;
  }

  /** Takes a copy in, if there is room for this peer. Answers once it is complete and on disk. */
  async #keep(request: KeepRequest, peer: string): Promise<Uint8Array> {
    const { accept, artifactBytesMax, clock, region, store } = this.#deps;
    const root = parseCid(request.root).toString();
    if (!accept || request.region !== region)
      throw new ZeroError('ARTIFACT_QUOTA', 'this node keeps no copies for that region');
    const known = store.record(root)?.replication ?? null;
    if (known?.owner === '') return OK;
    // What is promised stays so: a stranger who knows the content id may not take the promise over, or shorten it.
    if (known !== null && known.until > clock.now() && known.owner !== peer && !known.holders.includes(peer))
      return OK;
    if (request.bytes > artifactBytesMax)
      throw new ZeroError('ARTIFACT_QUOTA', 'there is no room for this copy');
    await this.#quota.during({ root, bytes: request.bytes, peer }, () => this.#take(request, root, peer));
    return OK;
  }

  async #take(request: KeepRequest, root: string, peer: string): Promise<void> {
    const { clock, fetch, peerId, region, store } = this.#deps;
    const before = store.record(root);
    await fetch(root, [peer, ...request.holders], request.bytes);
    const now = clock.now();
    const wanted = Math.min(request.until, now + LEASE_MS);
    const holders = othersThan(peerId, [peer, ...request.holders]);
    const known = store.record(root)?.replication ?? null;
    if (known?.owner === '') return;
    const isPromised = known !== null && known.until > now;
    await store.update(root, {
      ...(before === undefined ? { name: request.name } : {}),
      replication: isPromised
        ? { ...known, holders, until: known.owner === peer ? Math.max(known.until, wanted) : known.until }
        : {
            region,
            copies: request.copies,
            owner: request.owner,
            until: wanted,
            holders,
            ...(request.owner === peer ? {} : { broughtBy: peer }),
          },
    });
  }

  async #prove(request: ProveRequest, peer: string): Promise<Uint8Array> {
    const { clock, peerId, store } = this.#deps;
    const record = store.record(request.root);
    const bytes = await this.#read(request.blocks.map((block) => parseCid(block).toString()));
    if (record?.complete !== true || record.replication === null || bytes === undefined)
      throw new ZeroError('NOT_FOUND', 'there is no copy here');
    const { owner, until } = record.replication;
    // Holders learn of each other, strangers tell nothing; only the owner lengthens the promise.
    const holders = othersThan(peerId, [peer, ...request.holders]);
    const lengthened = owner === peer ? Math.min(request.until, clock.now() + LEASE_MS) : until;
    if (owner !== '' && (owner === peer || record.replication.holders.includes(peer)))
      await store.update(request.root, {
        replication: { ...record.replication, holders, until: lengthened },
      });
    else if (owner === '' && record.replication.holders.includes(peer))
      this.#named.note(request.root, othersThan(peerId, request.holders));
    return proofOf(request.nonce, bytes);
  }
}
