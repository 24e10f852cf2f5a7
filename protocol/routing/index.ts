// Routing: which neighbour takes a packet or stream next. Pure: no clock, no randomness, no network of its own. The only door
// of this folder.

export * from './limits.ts';
export { isReport } from './network-map.ts';
export { CALM_REPORT_MS, type Telling, type ToldLinks, telling } from './news.ts';
export {
  DEFAULT_POLICY,
  isPolicyName,
  makePolicy,
  POLICY_NAMES,
  type PolicyName,
  type PolicyOptions,
} from './policies.ts';
export type * from './ports.ts';
export { QValues } from './q-values.ts';
