// What a start puts in force: the policy of the line, or the last that worked where starts under that one have failed. History says so, like a switch.

import { type FallbackPolicy, insteadOf } from '../activation/index.ts';
import type { Logger } from '../logger/index.ts';
import { type ActivePolicy, BUILT_IN } from './active-policy.ts';
import type { BundleStore } from './bundle-store.ts';

/** Number of the policy that a start fell back to, and id of the refused one. */
export interface FellBack {
  readonly to: number;
  readonly refused: string;
}

/** `good` takes the place of the policy in force under which starts have failed, unless it is below `floor` or not kept. Throws as `policyOf` does. */
export async function policyAtStart(
  { active = null, floor = 0 }: { readonly active?: string | null; readonly floor?: number },
  good: FallbackPolicy | undefined,
  policyOf: (id: string | null) => Promise<ActivePolicy>,
): Promise<{ readonly active: ActivePolicy; readonly fellBack?: FellBack }> {
  const refused = active ?? BUILT_IN.id;
  const id = insteadOf(refused, good);
  const last = id === undefined ? undefined : await policyOf(id).catch(() => undefined);
  if (last === undefined || last.sequence < floor) return { active: await policyOf(active) };
  return { active: last, fellBack: { to: last.sequence, refused } };
}

/**
 * Writes down that this start put another policy in force than the last switch, or start, did. Never throws: what cannot be written of it is no reason not to
 * start, and the next start says it again.
 */
export async function recordStart(
  store: BundleStore,
  active: ActivePolicy,
  fellBack: FellBack | undefined,
  { at, log }: { readonly at: number; readonly log: Logger },
): Promise<void> {
  const from = store.inForce();
  if (from === active.sequence) return;
  const reason =
    fellBack === undefined
      ? 'the line of policies has this one in force, and nothing stands in for it'
      : `starts under ${fellBack.refused} have failed, and this is the last that worked`;
  const id = active.id === BUILT_IN.id ? null : active.id;
  await store
    .record({ at, action: 'start', from, to: active.sequence, id, reason })
    .catch((error: unknown) => log.error({ err: error }, 'the history lacks what this start put in force'));
}
