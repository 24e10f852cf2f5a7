// Policies that are kept read, by the id of their bundle: going back, and a replay, then cost no reading.

import { ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import { POLICY_BUNDLE_BYTES_MAX, type PolicyBundle } from '../../protocol/policy/index.ts';
import { type ActivePolicy, activeOf, BUILT_IN, CLOSED } from './active-policy.ts';
import type { BundleStore } from './bundle-store.ts';

/** Policies kept read, a few hundred kB each. */
const READY_MAX = 8;

/** The shelf of one node. */
export class PolicyShelf {
  readonly #store: BundleStore;
  readonly #ready = new Map<string, ActivePolicy>();

  constructor(store: BundleStore) {
    this.#store = store;
  }

  /** Policies by the id of their bundle; null: the built-in ones. Throws NOT_FOUND when it is not kept. */
  policyOf(id: string | null): ActivePolicy {
    if (id === null || id === BUILT_IN.id) return BUILT_IN;
    if (id === CLOSED.id) return CLOSED;
    const ready = this.#ready.get(id);
    if (ready !== undefined) return ready;
    const envelope = this.#store.envelope(id);
    if (envelope === undefined)
      throw new ZeroError('NOT_FOUND', `the policy bundle ${id} is not kept here any more`);
    const bundle = parseStrictJson(envelope.payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) as PolicyBundle;
    return this.keep(activeOf(bundle, id));
  }

  /** Keeps read policies. */
  keep(active: ActivePolicy): ActivePolicy {
    this.#ready.set(active.id, active);
    if (this.#ready.size > READY_MAX) this.#ready.delete(this.#ready.keys().next().value as string);
    return active;
  }
}
