// What the routes of an index server share.

import type { CardIndex, IndexLogger } from '../interface.ts';
import type { Gate } from './gate.ts';
import type { IndexMetrics } from './metrics.ts';

export interface ServerContext {
  readonly index: CardIndex;
  readonly metrics: IndexMetrics;
  readonly queries: Gate;
  readonly writes: Gate;
  readonly log: IndexLogger | undefined;
  /** False until the embedder is loaded, and again when the server stops. */
  readonly ready: () => boolean;
}
