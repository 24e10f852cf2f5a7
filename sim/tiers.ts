// The tiers that a scenario can be run on.

import { ZeroError } from '../protocol/errors/index.ts';
import { ADVERSARIES } from './adversaries/index.ts';
import { coresTier } from './cores/tier.ts';
import { modelsTier } from './models/tier.ts';
import { realTier, tcpTier } from './real/tier.ts';
import type { Tier, TierId } from './scenario/index.ts';

const ALL: readonly Tier[] = [tcpTier, realTier, coresTier(ADVERSARIES), modelsTier];

/** The tier of a name. Throws SCENARIO_INVALID for one that does not run scenarios. */
export function tierOf(id: TierId): Tier {
  const found = ALL.find((tier) => tier.id === id);
  if (found === undefined) throw new ZeroError('SCENARIO_INVALID', `no tier ${id} runs scenarios here`);
  return found;
}

/** Every tier, the most real one first. */
export function tiers(): readonly Tier[] {
  return ALL;
}
