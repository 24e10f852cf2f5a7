// The one suite against each vector engine. zvec takes part when it is installed (or ZVEC_MODULE names its entry), a Qdrant
// server when QDRANT_URL is set.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinBackend } from '../../../index-service/backend/builtin.ts';
import { hnswlibBackend } from '../../../index-service/backend/hnswlib.ts';
import { type QdrantClientLike, qdrantBackend } from '../../../index-service/backend/qdrant.ts';
import { zvecBackend } from '../../../index-service/backend/zvec.ts';
import { backendSuite } from './backend-suite.ts';
import { fakeQdrant } from './fake-qdrant.ts';

backendSuite('builtin', async ({ dims }) => builtinBackend(dims));
backendSuite('hnswlib-node', ({ dims }) => hnswlibBackend(dims));
backendSuite('qdrant, in memory', ({ dims }) =>
  qdrantBackend({ client: fakeQdrant(), collection: 'cards', dims }),
);
backendSuite('qdrant by region, in memory', ({ dims }) =>
  qdrantBackend({ client: fakeQdrant(), collection: 'cards', dims, shardByRegion: true }),
);

const zvec = process.env.ZVEC_MODULE ?? '@zvec/zvec';
if (await import(zvec).then(Boolean, () => false)) {
  const folder = mkdtempSync(join(tmpdir(), 'zs-zvec-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  backendSuite('zvec', ({ dims }) => zvecBackend(dims, join(folder, 'cards'), zvec));
}

const url = process.env.QDRANT_URL;
if (url !== undefined) {
  backendSuite('qdrant', async ({ dims }) => {
    const { QdrantClient } = await import('@qdrant/js-client-rest');
    const client = new QdrantClient({ url });
    const collection = 'zerostate-suite';
    await client.deleteCollection(collection);
    return qdrantBackend({ client: client as unknown as QdrantClientLike, collection, dims });
  });
}
