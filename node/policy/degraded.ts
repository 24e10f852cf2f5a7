// Degraded mode: why a node acts on less than it should know. Said in health, for who operates it.

import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Overrides } from './overrides.ts';
import type { PolicyService } from './policy-service.ts';

/** How long after its start a bundle may wait (ms): the next look begins with it, unless somebody has not acknowledged it. */
const BEGINS_MS_MAX = 10_000;

/** The reasons, for people; none when all is well. */
export function degradedReasons({
  clock,
  degraded,
  overrides,
  policy,
}: {
  readonly clock: Pick<Clock, 'now'>;
  readonly degraded?: string | undefined;
  readonly overrides: Overrides;
  readonly policy: PolicyService;
}): string[] {
  const inForce = overrides.list();
  const { staged } = policy.bundles;
  const last = Math.max(0, ...inForce.map(({ until }) => until));
  return [
    ...(degraded === undefined ? [] : [degraded]),
    ...(inForce.length === 0
      ? []
      : [
          `${inForce.length} override(s) of revocation gates, the last until ${new Date(last).toISOString().slice(0, 19)}Z`,
        ]),
    ...(policy.bundles.expired ? [`the policy bundle ran out ${policy.bundles.active.expiresAt}`] : []),
    ...(staged === null || clock.now() < staged.startsAtMs + BEGINS_MS_MAX
      ? []
      : [
          `policy ${staged.sequence} should have begun ${rfc3339(staged.startsAtMs)} and waits for acknowledgements: "policy show" says whose are there`,
        ]),
    ...(policy.bundles.fellBack === undefined
      ? []
      : [
          `starts under policy ${policy.bundles.fellBack.refused} failed, so number ${policy.bundles.fellBack.to}, the last that worked, is in force until another is applied, or "policy rollback" stays with it`,
        ]),
    ...(policy.lostRecords === 0 ? [] : [`${policy.lostRecords} decisions could not be recorded`]),
  ];
}
