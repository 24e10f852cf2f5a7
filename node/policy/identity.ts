// Does a policy look at which resource it is asked about, or only at what the resource is like? Where none does, the verdict about one task is that
// about the next of the same facts. Reads Cedar's JSON form of a policy. Must not guess: what it does not know looks at the resource itself.

import type * as cedar from '@cedar-policy/cedar-wasm/nodejs';

/** Operators that look at one member of what stands left of them. */
const MEMBER_OPERATORS: ReadonlySet<string> = new Set(['.', 'has']);

function isResource(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'Var' in part && part.Var === 'resource';
}

/** True when an expression can tell two resources of the same facts apart: by the resource as a whole, or by an entity that it names. */
function tellsApart(part: unknown): boolean {
  if (Array.isArray(part)) return part.some(tellsApart);
  if (typeof part !== 'object' || part === null) return false;
  if (isResource(part) || '__entity' in part) return true;
  return Object.entries(part).some(([operator, inner]) => {
    const left = (inner as { readonly left?: unknown } | null)?.left;
    // Nothing else is in such an operator but the name of the member.
    if (MEMBER_OPERATORS.has(operator) && isResource(left)) return false;
    return tellsApart(inner);
  });
}

/** True when the policy can decide differently about two resources that have the same type and the same facts. */
export function looksAtIdentity({ conditions, resource }: cedar.PolicyJson): boolean {
  const isOpen = resource.op === 'All' || (resource.op === 'is' && !('in' in resource));
  return !isOpen || tellsApart(conditions);
}
