// What a release says of itself: an in-toto statement with SLSA provenance. Pure: everything that it names is given.

import type { Commit, Packed } from './pack.ts';

/** How a release is built: docs/how-to/release.md describes it. */
export const BUILD_TYPE = 'https://zerostate.dev/build/npm-pack/v1';
/** What `zerostate verify --type` asks for. */
export const PROVENANCE_TYPE = 'https://slsa.dev/provenance/v1';

export interface ReleaseParts {
  readonly name: string;
  readonly version: string;
  readonly commit: Commit;
  readonly packed: Packed;
  /** Digest of the lock file of the commit, SHA-256 in hexadecimal. */
  readonly lockSha256: string;
  readonly sbom: { readonly file: string; readonly sha256: string };
  /** Versions of what built it: the same ones give the same bytes. */
  readonly tools: Readonly<Record<string, string>>;
}

/** The statement, in the form of https://slsa.dev/spec/v1.0/provenance. */
export function releaseStatement(parts: ReleaseParts): object {
  const { commit, lockSha256, name, packed, sbom, tools, version } = parts;
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name: packed.file, digest: { sha256: packed.sha256, sha512: packed.sha512 } },
      { name: sbom.file, digest: { sha256: sbom.sha256 } },
    ],
    predicateType: PROVENANCE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { package: name, version, commit: commit.id },
        internalParameters: { reproduced: 2, tools },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: commit.id, gitTree: commit.tree } },
          { name: 'package-lock.json', digest: { sha256: lockSha256 } },
        ],
      },
      runDetails: {
        builder: { id: 'https://zerostate.dev/build/scripts-release/v1' },
        metadata: { finishedOn: commit.time },
      },
    },
  };
}
