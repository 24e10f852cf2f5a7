// Degraded mode: why a node acts on less than it should know. Said in health, for who operates it.

import type { Overrides } from './overrides.ts';
import type { PolicyService } from './policy-service.ts';

/** The reasons, for people; none when all is well. */
export function degradedReasons({
  degraded,
  overrides,
  policy,
}: {
  readonly degraded?: string | undefined;
  readonly overrides: Overrides;
  readonly policy: PolicyService;
}): string[] {
  const inForce = overrides.list();
  const last = Math.max(0, ...inForce.map(({ until }) => until));
  return [
    ...(degraded === undefined ? [] : [degraded]),
    ...(inForce.length === 0
      ? []
      : [
          `${inForce.length} override(s) of revocation gates, the last until ${new Date(last).toISOString().slice(0, 19)}Z`,
        ]),
    ...(policy.bundles.expired ? [`the policy bundle ran out ${policy.bundles.active.expiresAt}`] : []),
    ...(policy.bundles.fellBack === undefined
      ? []
      : [
          `starts under policy ${policy.bundles.fellBack.refused} failed, so number ${policy.bundles.fellBack.to}, the last that worked, is in force until another is applied, or "policy rollback" stays with it`,
        ]),
    ...(policy.lostRecords === 0 ? [] : [`${policy.lostRecords} decisions could not be recorded`]),
  ];
}
