// Artifacts: files and folders by content id, fetched from peers, kept within a quota, copied within a region.

import { CID } from 'multiformats/cid';
import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { ArtifactService } from './artifact-service.ts';
import { ADDING, ArtifactStore } from './artifact-store.ts';
import { Exchange } from './exchange.ts';
import { Providers } from './providers.ts';
import { Replication } from './replication.ts';
import { artifactView } from './view.ts';

export { type AddOptions, ArtifactService, type FetchArtifactOptions } from './artifact-service.ts';
export type { FetchProgress } from './fetch.ts';
export type { ArtifactRecord } from './records.ts';
export type { OutEntry, SourceFile } from './unixfs.ts';
export { type ArtifactView, artifactView, artifactViewSchema } from './view.ts';

/** Progress is told at most this often for one artifact. */
const TOLD_MS = 100;

/** The parts of artifacts, not started. */
export function makeArtifacts(
  core: Pick<
    Core,
    | 'admission'
    | 'clock'
    | 'config'
    | 'db'
    | 'directory'
    | 'events'
    | 'host'
    | 'log'
    | 'metrics'
    | 'peerId'
    | 'rpc'
  >,
) {
  const { clock, config, db, events, host, log, metrics } = core;
  const { artifactBytesMax, bytesMax, replicate } = config.artifacts;
  const store = new ArtifactStore({ db, clock, metrics, bytesMax });
  const exchange = new Exchange({ ...core, read: (cid) => store.get(cid) });
  const providers = new Providers({ host, log });
  let toldAt = 0;
  const artifacts: ArtifactService = new ArtifactService({
    store,
    clock,
    metrics,
    providers,
    replication: () => replication,
    region: config.region,
    artifactBytesMax,
    want: (peer, cid, options) => exchange.want(peer, cid, options),
    find: (root, named, signal) => providers.find(root, named, signal),
    onChange: (root, progress) => {
      const now = clock.now();
      if (progress !== undefined && Math.abs(now - toldAt) < TOLD_MS) return;
      toldAt = now;
      const record = store.record(root);
      if (record !== undefined) events.emit('artifact', () => artifactView(store, record, progress));
    },
  });
  const replication: Replication = new Replication({
    ...core,
    store,
    network: config.network,
    region: config.region,
    accept: replicate,
    artifactBytesMax,
    fetch: (root, from, most) => artifacts.fetch(root, { from, bytesMax: most, trust: 0 }),
  });
  store.onDropped = (root) => {
    if (!root.startsWith(ADDING)) void providers.withdraw(CID.parse(root));
  };
  const services: Service[] = [
    { name: 'artifact-store', start: () => store.load(), stop: () => {} },
    { name: 'artifact-exchange', start: () => exchange.start(), stop: () => exchange.stop() },
    { name: 'artifact-providers', start: () => {}, stop: () => providers.stop() },
    { name: 'artifact-copies', start: () => replication.start(), stop: () => replication.stop() },
  ];
  return {
    artifacts,
    artifactStore: store,
    artifactCopies: replication,
    services,
  };
}
