// Artifacts on disk: blocks by content id, verified before they are written and after they are read, and the artifacts they belong to.
// Every block belongs to an artifact. The store is a cache with a quota: what nobody keeps gives way, whole artifacts at a time.

import { CID } from 'multiformats/cid';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import {
  type BytesLevel,
  bytesLevel,
  type Database,
  DURABLE,
  type JsonLevel,
  jsonLevel,
} from '../storage/index.ts';
import { isBlockOf } from './blocks.ts';
import { ARTIFACTS_MAX, BLOCKS_MAX, STORE_BLOCKS_MAX, TOUCH_MS } from './limits.ts';
import {
  type ArtifactRecord,
  compareForEviction,
  freshRecord,
  type Held,
  type HeldBlock,
  isKept,
} from './records.ts';

/** Roots of imports under way begin so: their content id is known only at the end. */
export const ADDING = 'adding-';

/** The store of artifacts. */
export class ArtifactStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #metrics: Metrics;
  readonly #bytesMax: number;
  readonly #blockLevel: BytesLevel;
  /** `<root>/<block>` to the block's length: which blocks an artifact has. */
  readonly #refLevel: JsonLevel<number>;
  readonly #recordLevel: JsonLevel<ArtifactRecord>;
  readonly #blocks = new Map<string, HeldBlock>();
  readonly #held = new Map<string, Held>();
  readonly #serial = new Serial();
  #bytes = 0;
  /** Told when an artifact has left the store. */
  onDropped: (root: string) => void = () => {};

  constructor(deps: { db: Database; clock: Clock; metrics: Metrics; bytesMax: number }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#metrics = deps.metrics;
    this.#bytesMax = deps.bytesMax;
    this.#blockLevel = bytesLevel(deps.db, 'artifact-blocks');
    this.#refLevel = jsonLevel<number>(deps.db, 'artifact-refs');
    this.#recordLevel = jsonLevel<ArtifactRecord>(deps.db, 'artifacts');
  }

  /** Reads what an earlier run left; an import that it did not end is removed. */
  async load(): Promise<void> {
    for await (const [root, record] of this.#recordLevel.iterator())
      this.#held.set(root, { record, blocks: new Set(), bytes: 0, holds: 0, writtenUsedAt: record.usedAt });
    for await (const [key, bytes] of this.#refLevel.iterator()) {
      const [root = '', block = ''] = key.split('/');
      const held = this.#held.get(root);
      if (held !== undefined) this.#book(held, block, bytes);
    }
    for (const root of [...this.#held.keys()]) if (root.startsWith(ADDING)) await this.drop(root);
    this.#measure();
  }

  /** Bytes of all blocks, and the quota. */
  get usage(): { readonly bytes: number; readonly bytesMax: number; readonly blocks: number } {
    return { bytes: this.#bytes, bytesMax: this.#bytesMax, blocks: this.#blocks.size };
  }

  /** The record of an artifact. */
  record(root: string): ArtifactRecord | undefined {
    return this.#held.get(root)?.record;
  }

  /** Every record. */
  records(): ArtifactRecord[] {
    return [...this.#held.values()].map(({ record }) => record);
  }

  /** Blocks and bytes of one artifact that are here. */
  sizeOf(root: string): { blocks: number; bytes: number } {
    const held = this.#held.get(root);
    return { blocks: held?.blocks.size ?? 0, bytes: held?.bytes ?? 0 };
  }

  /** Ids of the blocks of one artifact that are here. */
  blocksOf(root: string): string[] {
    return [...(this.#held.get(root)?.blocks ?? [])];
  }

  has(cid: CID): boolean {
    return this.#blocks.has(cid.toString());
  }

  /** A block, or undefined. One that the disk changed is not handed out: it is dropped, to be fetched again. */
  async get(cid: CID): Promise<Uint8Array | undefined> {
    const key = cid.toString();
    if (!this.#blocks.has(key)) return undefined;
    const bytes = await this.#blockLevel.get(key);
    if (bytes !== undefined && isBlockOf(cid, bytes)) return bytes;
    this.#metrics.count('zerostate_artifact_blocks_refused_total', { reason: 'disk' });
    await this.#serial.run('store', () => this.#dropBlock(key));
    return undefined;
  }

  /** Begins an artifact, or takes up one that is here in part. It does not give way before `release`. */
  async begin(root: string, trust: number): Promise<ArtifactRecord> {
    return await this.#serial.run('store', async () => {
      let held = this.#held.get(root);
      if (held === undefined) {
        if (this.#held.size >= ARTIFACTS_MAX && !(await this.#evictOne()))
          throw new ZeroError('ARTIFACT_QUOTA', `the store keeps ${ARTIFACTS_MAX} artifacts already`);
        const record = freshRecord(root, trust, this.#clock.now());
        held = { record, blocks: new Set(), bytes: 0, holds: 0, writtenUsedAt: record.usedAt };
        this.#held.set(root, held);
        await this.#recordLevel.put(root, record);
      } else if (trust > held.record.trust) {
        held.record = { ...held.record, trust: Math.min(1, trust) };
        await this.#recordLevel.put(root, held.record);
      }
      held.holds += 1;
      return held.record;
    });
  }

  /** Keeps an artifact from giving way until `release`. Throws NOT_FOUND. */
  hold(root: string): void {
    this.#heldOf(root).holds += 1;
  }

  /** Ends one `begin` or `hold`. */
  release(root: string): void {
    const held = this.#held.get(root);
    if (held !== undefined && held.holds > 0) held.holds -= 1;
  }

  /** Writes a block of an artifact. Throws ARTIFACT_REFUSED when it is another's bytes, ARTIFACT_QUOTA when there is no room. */
  async put(root: string, cid: CID, bytes: Uint8Array): Promise<void> {
    if (!isBlockOf(cid, bytes))
      throw new ZeroError('ARTIFACT_REFUSED', `the bytes are not those of block ${cid}`);
    const key = cid.toString();
    await this.#serial.run('store', async () => {
      const held = this.#heldOf(root);
      if (held.blocks.has(key)) return;
      if (held.blocks.size >= BLOCKS_MAX)
        throw new ZeroError('ARTIFACT_REFUSED', `the artifact has more than ${BLOCKS_MAX} blocks`);
      const isNew = !this.#blocks.has(key);
      if (isNew) await this.#makeRoom(bytes.length);
      const batch = this.#db.batch();
      if (isNew) batch.put(key, bytes, { sublevel: this.#blockLevel });
      batch.put(`${root}/${key}`, bytes.length, { sublevel: this.#refLevel as never });
      await batch.write();
      this.#book(held, key, bytes.length);
      this.#measure();
    });
  }

  /** Makes a block that is here belong to this artifact too. Answers false when it is not here. */
  async adopt(root: string, cid: CID): Promise<boolean> {
    const key = cid.toString();
    return await this.#serial.run('store', async () => {
      const block = this.#blocks.get(key);
      const held = this.#heldOf(root);
      if (block === undefined) return false;
      if (held.blocks.has(key)) return true;
      await this.#refLevel.put(`${root}/${key}`, block.bytes);
      this.#book(held, key, block.bytes);
      return true;
    });
  }

  /** Changes a record durably: when this returns, the artifact and all its blocks are on disk. Throws NOT_FOUND. */
  async update(root: string, change: Partial<Omit<ArtifactRecord, 'root'>>): Promise<ArtifactRecord> {
    return await this.#serial.run('store', async () => {
      const held = this.#heldOf(root);
      const record = { ...held.record, ...change };
      const batch = this.#db.batch();
      batch.put(root, record, { sublevel: this.#recordLevel as never });
      await batch.write(DURABLE);
      held.record = record;
      return record;
    });
  }

  /** Gives the blocks of one artifact to another, and forgets the first: the end of an import, whose root was not known before. */
  async rename(from: string, to: string): Promise<void> {
    const blocks = this.blocksOf(from);
    for (const block of blocks) await this.adopt(to, CID.parse(block));
    await this.drop(from);
  }

  /** Notes that an artifact was used. */
  async touch(root: string): Promise<void> {
    const held = this.#held.get(root);
    if (held === undefined) return;
    const now = this.#clock.now();
    held.record = { ...held.record, usedAt: now };
    if (now - held.writtenUsedAt < TOUCH_MS) return;
    held.writtenUsedAt = now;
    await this.#recordLevel.put(root, held.record);
  }

  /** Removes an artifact with the blocks that no other has. */
  async drop(root: string): Promise<void> {
    await this.#serial.run('store', () => this.#drop(root));
  }

  #heldOf(root: string): Held {
    const held = this.#held.get(root);
    if (held === undefined) throw new ZeroError('NOT_FOUND', `artifact ${root} is not here`);
    return held;
  }

  async #makeRoom(bytes: number): Promise<void> {
    if (bytes > this.#bytesMax) throw new ZeroError('ARTIFACT_QUOTA', 'the block is larger than the store');
    while (this.#bytes + bytes > this.#bytesMax || this.#blocks.size >= STORE_BLOCKS_MAX)
      if (!(await this.#evictOne()))
        throw new ZeroError('ARTIFACT_QUOTA', `all ${this.#bytes} bytes in the store must be kept`);
  }

  /** Drops the artifact that is next to give way; false when none may. */
  async #evictOne(): Promise<boolean> {
    const now = this.#clock.now();
    let next: Held | undefined;
    for (const held of this.#held.values()) {
      if (held.holds > 0 || isKept(held.record, now)) continue;
      if (next === undefined || compareForEviction(held.record, next.record) < 0) next = held;
    }
    if (next === undefined) return false;
    this.#metrics.count('zerostate_artifacts_evicted_total');
    await this.#drop(next.record.root);
    return true;
  }

  async #drop(root: string): Promise<void> {
    const held = this.#held.get(root);
    if (held === undefined) return;
    const batch = this.#db.batch();
    for (const key of held.blocks) {
      batch.del(`${root}/${key}`, { sublevel: this.#refLevel as never });
      if (this.#blocks.get(key)?.artifacts === 1) batch.del(key, { sublevel: this.#blockLevel });
    }
    batch.del(root, { sublevel: this.#recordLevel as never });
    await batch.write();
    for (const key of held.blocks) this.#unbook(key);
    this.#held.delete(root);
    this.#measure();
    this.onDropped(root);
  }

  /** A block that is damaged on disk: every artifact that has it is incomplete again. */
  async #dropBlock(key: string): Promise<void> {
    if (!this.#blocks.has(key)) return;
    const batch = this.#db.batch();
    batch.del(key, { sublevel: this.#blockLevel });
    for (const held of this.#held.values()) {
      if (!held.blocks.delete(key)) continue;
      held.bytes -= this.#blocks.get(key)?.bytes ?? 0;
      held.record = { ...held.record, complete: false };
      batch.del(`${held.record.root}/${key}`, { sublevel: this.#refLevel as never });
      batch.put(held.record.root, held.record, { sublevel: this.#recordLevel as never });
      this.#unbook(key);
    }
    await batch.write();
    this.#measure();
  }

  #book(held: Held, key: string, bytes: number): void {
    if (held.blocks.has(key)) return;
    held.blocks.add(key);
    held.bytes += bytes;
    const block = this.#blocks.get(key);
    if (block !== undefined) {
      block.artifacts += 1;
      return;
    }
    this.#blocks.set(key, { bytes, artifacts: 1 });
    this.#bytes += bytes;
  }

  #unbook(key: string): void {
    const block = this.#blocks.get(key);
    if (block === undefined) return;
    block.artifacts -= 1;
    if (block.artifacts > 0) return;
    this.#blocks.delete(key);
    this.#bytes -= block.bytes;
  }

  #measure(): void {
    this.#metrics.set('zerostate_artifact_bytes', this.#bytes);
    this.#metrics.set('zerostate_artifacts', this.#held.size);
  }
}
