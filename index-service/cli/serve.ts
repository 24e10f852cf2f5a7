// `zerostate index serve`: an index alone, as an HTTP server, until a signal ends it.

import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { type EngineName, openEngine } from '../backend/engines.ts';
import { defaultEmbedder } from '../embed/default.ts';
import { openIndex } from '../open-index.ts';
import { loadOrCreateToken, serveIndex } from '../server/index.ts';
import { type OutputFlags, print } from './output.ts';

/** Where the token of a served index is, below its folder. */
export const TOKEN_FILE = 'api-token';

export interface ServeFlags extends OutputFlags {
  dir: string;
  host: string;
  port: number;
  tokenFile?: string;
  logLevel: string;
  backend: EngineName;
  backendUrl?: string;
  backendTokenFile?: string;
  collection?: string;
  shardByRegion?: boolean;
}

/** Opens, serves, and at SIGINT or SIGTERM closes in order; a second signal ends at once. */
export async function serve(flags: ServeFlags): Promise<void> {
  const stopped = untilSignal();
  const dir = resolve(flags.dir);
  const tokenFile = resolve(flags.tokenFile ?? join(dir, TOKEN_FILE));
  await using stack = new AsyncDisposableStack();
  const to = pino.destination(2);
  // A full disk or a reader that is gone takes the log, and not the service.
  to.on('error', () => {});
  const log = pino({ level: flags.logLevel, name: 'index' }, to);
  const embedder = await defaultEmbedder();
  stack.defer(() => embedder.close?.());
  const { backend, backendUrl, backendTokenFile, collection, shardByRegion } = flags;
  const engine = openEngine(
    {
      engine: backend,
      ...(backendUrl !== undefined && { url: backendUrl }),
      ...(backendTokenFile !== undefined && { tokenFile: resolve(backendTokenFile) }),
      ...(collection !== undefined && { collection }),
      shardByRegion: shardByRegion === true,
    },
    { dir, embedder },
  );
  const index = await openIndex({ dir, embedder, log, ...(engine && { engine }) });
  stack.defer(() => index.close());
  const token = await loadOrCreateToken(tokenFile);
  const { host, port } = flags;
  const server = await serveIndex({ index, token, host, port, log, processMetrics: true });
  stack.defer(() => server.close());
  await server.warm;
  print(
    flags,
    { url: server.url, tokenFile, cards: index.stats().cards },
    ({ url, cards }) => `the index of ${cards} cards answers on ${url}\nits token is in ${tokenFile}`,
  );
  await stopped;
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.kill(process.pid, 'SIGKILL');
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
