// What replication needs of its node.

import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Directory } from '../network/directory.ts';
import type { Rpc } from '../rpc/index.ts';
import type { ArtifactStore } from './artifact-store.ts';

export interface ReplicationDeps {
  readonly store: ArtifactStore;
  readonly rpc: Rpc;
  readonly directory: Directory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
  readonly region: string;
  readonly peerId: string;
  /** False: keeps nothing for others. */
  readonly accept: boolean;
  readonly artifactBytesMax: number;
  /** Fetches an artifact that is to be kept, from those named. */
  readonly fetch: (root: string, from: readonly string[], bytesMax: number) => Promise<unknown>;
}
