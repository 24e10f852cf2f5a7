// One fetch by itself: whoever waits for it never hears of more bytes than the bound, whichever block is written last.

import assert from 'node:assert/strict';
import { encode as encodeNode, prepare } from '@ipld/dag-pb';
import type { PeerId } from '@libp2p/interface';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { cidOf, RAW } from '../../../node/artifacts/blocks.ts';
import { Fetch, type FetchDeps } from '../../../node/artifacts/fetch.ts';

const DAG_PB = 0x70;
const LEAF_BYTES = 1024;

describe('the fetch of an artifact', () => {
  it('tells no progress once a block broke the bound, also when another is written only then', async () => {
    const blocks = new Map<string, Uint8Array>();
    const keep = (codec: number, bytes: Uint8Array): CID => {
      const cid = cidOf(codec, bytes);
      blocks.set(cid.toString(), bytes);
      return cid;
    };
    const leaves = [1, 2, 3].map((fill) => keep(RAW, new Uint8Array(LEAF_BYTES).fill(fill)));
    const root = keep(
      DAG_PB,
      encodeNode(
        prepare({
          Data: new UnixFS({ type: 'file', blockSizes: leaves.map(() => BigInt(LEAF_BYTES)) }).marshal(),
          Links: leaves.map((Hash) => ({ Hash, Name: '', Tsize: LEAF_BYTES })),
        }),
      ),
    );
    const bytesMax = blocks.get(root.toString())!.length + 2 * LEAF_BYTES;
    const written: (() => void)[] = [];
    const deps = {
      store: {
        get: async () => undefined,
        put: async (_: string, cid: CID) => {
          if (!cid.equals(root)) await new Promise<void>((resolve) => written.push(resolve));
        },
      },
      clock: undefined,
      want: async (_: PeerId, cid: CID) => blocks.get(cid.toString()),
      find: async function* () {
        yield { toString: () => 'peer' } as PeerId;
      },
    } as unknown as FetchDeps;
    const told: number[] = [];
    const fetch = new Fetch(deps, root, {
      from: [],
      bytesMax,
      signal: new AbortController().signal,
      onProgress: ({ bytes }) => told.push(bytes),
    });
    await assert.rejects(fetch.run(), { code: 'ARTIFACT_REFUSED' });
    assert.equal(written.length, 2, 'two leaves are being written while the third is refused');
    for (const go of written) go();
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(told.length > 0 && told.every((bytes) => bytes <= bytesMax), String(told));
  });
});
