// How an artifact is shown: what the HTTP API answers and what the event stream tells.

import Type, { type Static } from 'typebox';
import { rfc3339 } from '../clock/index.ts';
import type { ArtifactStore } from './artifact-store.ts';
import type { FetchProgress } from './fetch.ts';
import type { ArtifactRecord } from './records.ts';

export const artifactViewSchema = Type.Object({
  cid: Type.String(),
  name: Type.String(),
  kind: Type.Union([Type.Literal('file'), Type.Literal('folder')]),
  contentBytes: Type.Integer(),
  entries: Type.Integer(),
  complete: Type.Boolean(),
  pinned: Type.Boolean(),
  trust: Type.Number(),
  /** Blocks and their bytes that are here. */
  blocks: Type.Integer(),
  bytes: Type.Integer(),
  /** Known blocks that are not here yet; null when nothing is being fetched. */
  missing: Type.Union([Type.Integer(), Type.Null()]),
  copies: Type.Union([
    Type.Object({
      region: Type.String(),
      wanted: Type.Integer(),
      /** Other peers that proved at the last round to hold it. */
      holders: Type.Array(Type.String()),
      owner: Type.String(),
      until: Type.String(),
    }),
    Type.Null(),
  ]),
  addedAt: Type.String(),
  usedAt: Type.String(),
});
export type ArtifactView = Static<typeof artifactViewSchema>;

export function artifactView(
  store: Pick<ArtifactStore, 'sizeOf'>,
  record: ArtifactRecord,
  progress?: FetchProgress,
): ArtifactView {
  const { replication } = record;
  return {
    cid: record.root,
    name: record.name,
    kind: record.kind,
    contentBytes: record.contentBytes,
    entries: record.entries,
    complete: record.complete,
    pinned: record.pinned,
    trust: record.trust,
    ...store.sizeOf(record.root),
    missing: progress?.missing ?? null,
    copies:
      replication === null
        ? null
        : {
            region: replication.region,
            wanted: replication.copies,
            holders: [...replication.holders],
            owner: replication.owner,
            until: rfc3339(replication.until),
          },
    addedAt: rfc3339(record.addedAt),
    usedAt: rfc3339(record.usedAt),
  };
}
