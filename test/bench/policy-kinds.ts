// Which policies a comparison runs: each as it is of itself, and others also with the second paths that the default begins beside late ones.

import { isPolicyName, type PolicyName } from '../../protocol/routing/index.ts';

/** What follows the name of a policy that begins second paths although it does not of itself. */
const RACING = '+racing';

/** One line of a comparison. */
export interface PolicyKind {
  /** As it is called in tables and with `--only`. */
  readonly label: string;
  readonly policy: PolicyName;
  /** Present: it begins second paths although it does not of itself. */
  readonly races?: true;
}

/** The kinds by their labels; what names none is left out. */
export function policyKinds(labels: readonly string[]): PolicyKind[] {
  return labels.flatMap((label): PolicyKind[] => {
    const races = label.endsWith(RACING);
    const policy = races ? label.slice(0, -RACING.length) : label;
    if (!isPolicyName(policy)) return [];
    return [{ label, policy, ...(races ? { races } : {}) }];
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
