// Which policies a comparison runs: each as it is of itself, others also with the second paths that the default begins beside late ones, and the
// default also without them.

import { isPolicyName, type PolicyName } from '../../protocol/routing/index.ts';

/** What follows the name of a policy that begins second paths although it does not of itself. */
const RACING = '+racing';
/** What follows the name of one that does not, although it does of itself. */
const ALONE = '+alone';

/** One line of a comparison. */
export interface PolicyKind {
  /** As it is called in tables and with `--only`. */
  readonly label: string;
  readonly policy: PolicyName;
  /** Present: it begins second paths, or does not, whatever it does of itself. */
  readonly races?: boolean;
}

/** The kinds by their labels; what names none is left out. */
export function policyKinds(labels: readonly string[]): PolicyKind[] {
  return labels.flatMap((label): PolicyKind[] => {
    const suffix = [RACING, ALONE].find((one) => label.endsWith(one));
    const policy = suffix === undefined ? label : label.slice(0, -suffix.length);
    if (!isPolicyName(policy)) return [];
    return [{ label, policy, ...(suffix === undefined ? {} : { races: suffix === RACING }) }];
  });
}

/** The label of a policy that begins second paths although it does not of itself. */
export function racing(policy: PolicyName): string {
  return `${policy}${RACING}`;
}

/** Is this such a label? */
export function isRacing(label: string): boolean {
  return label.endsWith(RACING);
}
