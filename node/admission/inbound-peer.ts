// Whose request is being served: the libraries hand validators and the datastore no peer, so it travels beside the call.

import { AsyncLocalStorage } from 'node:async_hooks';

const context = new AsyncLocalStorage<string>();

/** Runs `work` on behalf of a remote peer (peer id text). */
export function servingPeer<T>(peer: string, work: () => T): T {
  return context.run(peer, work);
}

/** The remote peer on whose behalf this code runs; undefined for the node's own work. */
export function servedPeer(): string | undefined {
  return context.getStore();
}
