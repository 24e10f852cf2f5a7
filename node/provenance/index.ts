// The provenance graph of a node. The only door of this folder.

import { seedSigner } from '../../protocol/envelope/index.ts';
import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { BoundedFiles } from '../storage/bounded-files.ts';
import { Importer } from './importer.ts';
import { KeptFacts } from './kept-facts.ts';
import { KnownTimes } from './known-times.ts';
import { LocalSource } from './local-source.ts';
import { OwnIndex } from './own-index.ts';
import { ProvenanceService } from './provenance-service.ts';

export { RowJudge } from './judged.ts';
export type { ProvenanceSource } from './ports.ts';
export * from './view.ts';

/** Bytes of the originals of imports that are kept: some thousand SBOMs. They are the evidence; a log holds only what was read in them. */
const ORIGINALS_BYTES_MAX: number = 512 * 1024 * 1024;

/** What a node has of it. */
export interface Provenance {
  readonly service: ProvenanceService;
  readonly source: LocalSource;
  readonly importer: Importer;
  readonly originals: BoundedFiles;
}

/** Makes the parts; they hear of every statement once the router reads the logs. `seed` is that of the node's key. */
export async function makeProvenance(
  core: Core,
  seed: Uint8Array,
): Promise<{ provenance: Provenance; services: Service[] }> {
  const { clock, db, log, ownLog, router, store, vault } = core;
  const known = new KnownTimes(db);
  const kept = new KeptFacts(db);
  const originals = new BoundedFiles(db, 'provenance-originals', ORIGINALS_BYTES_MAX);
  await Promise.all([known.load(), originals.load()]);
  const index = new OwnIndex({ store, ownLog, signer: seedSigner(seed), db });
  const service = new ProvenanceService({ known, index, origin: ownLog.origin, clock, log });
  router.observe((statement, found) => service.observe(statement, found));
  const source = new LocalSource({
    graph: service.graph,
    store,
    index,
    origin: ownLog.origin,
    isWhole: () => service.isWhole,
  });
  const importer = new Importer({ vault, ownLog, originals, graph: service.graph, clock });
  return {
    provenance: { service, source, importer, originals },
    services: [{ name: 'provenance', start: () => service.restore(kept), stop: () => known.flush() }],
  };
}
