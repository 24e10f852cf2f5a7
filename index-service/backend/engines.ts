// The vector engines by name, as configuration and flags call them. Opens nothing before it is asked to.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { indexClient } from '../client/index-client.ts';
import { readToken } from '../server/token.ts';
import { hnswlibBackend } from './hnswlib.ts';
import { httpBackend } from './http.ts';
import type { BackendEngine } from './interface.ts';
import { optionalPackage } from './optional-package.ts';
import { type QdrantClientLike, qdrantBackend } from './qdrant.ts';
import { zvecBackend } from './zvec.ts';

/** Names that `index.backend` and `--backend` take. */
export const ENGINES = ['builtin', 'hnswlib', 'zvec', 'qdrant', 'http'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineSettings {
  readonly engine: EngineName;
  /** Address of the server: http and qdrant. */
  readonly url?: string;
  /** File with its token or API key. */
  readonly tokenFile?: string;
  /** Collection of Qdrant. */
  readonly collection?: string;
  /** Qdrant: a shard key for each region. */
  readonly shardByRegion?: boolean;
}

export interface EnginePlace {
  /** Folder of the index. */
  readonly dir: string;
  readonly embedder: { readonly id: string; readonly dims: number };
}

/** Its users install it: not resolved before it is asked for. */
const QDRANT_CLIENT = '@qdrant/js-client-rest';
const COLLECTION = 'zerostate-cards';

/**
 * The engine that the settings name; undefined for the built-in one, which needs no engine of its own. Throws USAGE when an address
 * is missing or is none.
 */
export function openEngine(
  settings: EngineSettings,
  { dir, embedder }: EnginePlace,
): BackendEngine | undefined {
  const { engine, tokenFile } = settings;
  if (engine === 'builtin') return undefined;
  if (engine === 'hnswlib') return { name: engine, open: () => hnswlibBackend(embedder.dims) };
  if (engine === 'zvec')
    return {
      name: engine,
      open: async () => {
        await mkdir(dir, { recursive: true });
        return await zvecBackend(embedder.dims, join(dir, 'zvec'));
      },
    };
  const url = address(engine, settings.url);
  const name = `${engine} at ${url}`;
  const token = async () => (tokenFile === undefined ? undefined : await readToken(tokenFile));
  if (engine === 'http')
    return {
      name,
      open: async () => {
        const secret = (await token()) ?? process.env.ZEROSTATE_INDEX_TOKEN;
        if (secret === undefined)
          throw new ZeroError('USAGE', 'a served index needs its token: name the file that holds it');
        return await httpBackend({ client: indexClient({ url, token: secret }), embedder });
      },
    };
  return {
    name,
    open: async () => {
      const apiKey = await token();
      return await qdrantBackend({
        client: await qdrantClient(url, apiKey),
        collection: settings.collection ?? COLLECTION,
        dims: embedder.dims,
        shardByRegion: settings.shardByRegion === true,
      });
    },
  };
}

function address(engine: EngineName, url: string | undefined): string {
  if (url === undefined || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ZeroError('USAGE', `the vector engine ${engine} needs the http(s) address of its server`);
  if (new URL(url).username !== '')
    throw new ZeroError('USAGE', 'a secret does not belong into an address: put it into a token file');
  return url.replace(/\/$/, '');
}

interface QdrantModule {
  QdrantClient: new (options: object) => QdrantClientLike;
}

async function qdrantClient(url: string, apiKey: string | undefined): Promise<QdrantClientLike> {
  try {
    const { QdrantClient } = (await optionalPackage(QDRANT_CLIENT)) as QdrantModule;
    return new QdrantClient({
      url,
      checkCompatibility: false,
      ...(apiKey !== undefined && { apiKey }),
    });
  } catch (cause) {
    throw new ZeroError('INDEX_BACKEND_UNAVAILABLE', 'the client of Qdrant cannot be loaded', {
      cause,
      hint: `npm install ${QDRANT_CLIENT}`,
    });
  }
}
