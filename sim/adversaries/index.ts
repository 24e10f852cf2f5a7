// The adversaries, by kind: decorators of an honest node's role. What each may do is in cores/role.ts.

import type { RoleBook } from '../cores/role.ts';
import type { AdversaryKind } from '../scenario/index.ts';
import { colludingRaters, equivocator, lyingRelay, poisoner, whitewasher } from './lying.ts';
import { eclipse, freeRider, sybil, withholder } from './silent.ts';

export { victimsOf } from './silent.ts';

/** Every kind that a scenario can name. */
export const ADVERSARIES: RoleBook = {
  sybil,
  eclipse,
  poisoner,
  equivocator,
  withholder,
  'free-rider': freeRider,
  'lying-relay': lyingRelay,
  whitewasher,
  'colluding-raters': colludingRaters,
};

/** Those that are laid around real nodes too: the others act where packets are routed or work is rated, or need penalties to be forgotten. */
export const REAL_ADVERSARIES: ReadonlySet<AdversaryKind> = new Set([
  'sybil',
  'eclipse',
  'poisoner',
  'equivocator',
  'withholder',
  'free-rider',
] as const);
