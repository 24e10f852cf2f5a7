// The one suite against each vector engine.

import { builtinBackend } from '../../../index-service/backend/builtin.ts';
import { hnswlibBackend } from '../../../index-service/backend/hnswlib.ts';
import { type QdrantClientLike, qdrantBackend } from '../../../index-service/backend/qdrant.ts';
import { backendSuite, SUITE_DIMS } from './backend-suite.ts';
import { fakeQdrant } from './fake-qdrant.ts';

backendSuite('builtin', async () => builtinBackend(SUITE_DIMS));
backendSuite('hnswlib-node', () => hnswlibBackend(SUITE_DIMS));
backendSuite('qdrant, in memory', () =>
  qdrantBackend({ client: fakeQdrant(), collection: 'cards', dims: SUITE_DIMS }),
);
backendSuite('qdrant by region, in memory', () =>
  qdrantBackend({ client: fakeQdrant(), collection: 'cards', dims: SUITE_DIMS, shardByRegion: true }),
);

const url = process.env.QDRANT_URL;
if (url !== undefined) {
  backendSuite('qdrant', async () => {
    const { QdrantClient } = await import('@qdrant/js-client-rest');
    const client = new QdrantClient({ url });
    const collection = 'zerostate-suite';
    await client.deleteCollection(collection);
    return qdrantBackend({ client: client as unknown as QdrantClientLike, collection, dims: SUITE_DIMS });
  });
}
