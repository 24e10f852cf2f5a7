// The federated query: the own graph and the partners side by side, each partner with its own deadline. Every statement once, at once; who did
// not answer is named. The whole ends when everybody worth waiting for has answered, not when the slowest has.

import type { ProvenanceQuery } from '../../protocol/provenance/index.ts';
import { Run } from './federated-run.ts';
import type { FederatedEvent, FederatedOptions, FederationDeps } from './federated-types.ts';

/** Asks this node and its partners as one. */
export class Federation {
  readonly #deps: FederationDeps;
  readonly #running = new Set<Run>();

  constructor(deps: FederationDeps) {
    this.#deps = deps;
  }

  /** The answer, event by event. Ends by itself; leaving the loop ends it too. Never throws for what a partner does. */
  async *query(query: ProvenanceQuery, options: FederatedOptions = {}): AsyncGenerator<FederatedEvent> {
    const run = new Run(this.#deps, query, options);
    this.#running.add(run);
    run.whole.finally(() => this.#running.delete(run)).catch(() => {});
    try {
      yield* run.start();
    } finally {
      run.leave();
    }
  }

  /** Ends what still listens to late partners. */
  async stop(): Promise<void> {
    for (const run of this.#running) run.abort();
    await Promise.allSettled([...this.#running].map(({ whole }) => whole));
  }
}
