// Which configuration a node starts with, after starts that failed. The door of this folder.

export { type Activation, activate, failedStarts, GOOD_FILE } from './activation.ts';
export {
  type ActivationRecord,
  decideStart,
  endWell,
  type FallbackPolicy,
  fallbackPolicy,
  type GoodEnd,
  insteadOf,
  LOOP_MS,
  NOTHING,
  REMEMBERED_MAX,
  STARTS_MAX,
} from './decide.ts';
