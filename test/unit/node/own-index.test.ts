// The committed index of the own log: the same root whatever the order in which the log was read at start, and none at all where it could not
// be whole.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogStore, OwnLog } from '../../../node/log/index.ts';
import { OwnIndex } from '../../../node/provenance/own-index.ts';
import { openDatabase } from '../../../node/storage/index.ts';
import { type Envelope, encodeEnvelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { originOf, peerIdOfKey } from '../../../protocol/log/index.ts';
import { aboutKey, type StatementFacts, verifyMapProof } from '../../../protocol/provenance/index.ts';
import { publicKey, seed } from '../../support/agents.ts';

const COUNT = 5_000;
const KEY = 7;
const app = `sha256:${'a'.repeat(64)}`;
const factsOf = (n: number): StatementFacts => ({
  self: `sha256:${n.toString(16).padStart(64, '0')}`,
  issuer: 'zs:one',
  signers: [],
  predicateType: 'type:a',
  issuedAt: 1,
  edges: [],
  about: [app],
  uses: [],
});

/** An index over a log that only counts. */
class Rig implements AsyncDisposable {
  readonly bodies: Uint8Array[] = [];
  readonly origin = originOf(peerIdOfKey(publicKey(KEY)));
  readonly #dir: string;
  readonly #close: () => Promise<void>;
  readonly make: () => OwnIndex;

  constructor(dir: string, db: Awaited<ReturnType<typeof openDatabase>>) {
    this.#dir = dir;
    this.#close = () => db.close();
    const ownLog = {
      origin: this.origin,
      state: () => ({ size: COUNT + this.bodies.length }),
      append: async (envelope: Envelope) => ({
        index: COUNT + this.bodies.push(encodeEnvelope(envelope)) - 1,
      }),
    } as unknown as OwnLog;
    const store = {
      body: async (_: string, index: number) => this.bodies[index - COUNT],
    } as unknown as LogStore;
    this.make = () => new OwnIndex({ store, ownLog, signer: seedSigner(seed(KEY)), db });
  }

  static async open(): Promise<Rig> {
    const dir = await mkdtemp(join(tmpdir(), 'zerostate-index-'));
    return new Rig(dir, await openDatabase(dir));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await rm(this.#dir, { recursive: true });
  }
}

describe('index of the own log', () => {
  it('comes to the same root from the end of the log as from its beginning, and knows its last one again', async () => {
    await using rig = await Rig.open();
    const first = rig.make();
    first.replayed();
    for (let n = 0; n < COUNT; n++) first.add(factsOf(n), { index: n });
    const committed = await first.commit();
    assert.equal(committed?.size, COUNT);
    const again = rig.make();
    for (let n = COUNT - 1; n >= 0; n--) again.add(factsOf(n), { index: n });
    again.replayed();
    const known = await again.commit();
    assert.deepEqual(known?.root, committed?.root);
    assert.equal(rig.bodies.length, 1, 'no second root for the same statements');
    const proof = await again.prove([aboutKey(app)]);
    const lists = verifyMapProof(known!.root, [aboutKey(app)], proof!.map);
    assert.equal(lists.get(aboutKey(app).toHex())?.length, COUNT);
  });

  it('proves nothing once a statement did not go in', async () => {
    await using rig = await Rig.open();
    const index = rig.make();
    index.replayed();
    index.add(factsOf(3), { index: 3 });
    assert.ok((await index.commit()) !== undefined);
    index.add(factsOf(2), { index: 2 });
    assert.equal(await index.commit(), undefined);
    assert.equal(await index.prove([aboutKey(app)]), undefined);
  });
});
