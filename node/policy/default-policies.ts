// The policies of a node that was given none: what is revoked is refused; what is not known is refused where it would be risky; the rest passes.

import type { PolicyFile } from '../../protocol/policy/index.ts';

/** Whose quarantine orders are obeyed by a node whose own policies do not speak of it. */
export const QUARANTINE_POLICY: PolicyFile = {
  name: 'quarantine.cedar',
  text: `@id("quarantine-own")
@detail("an order of this node's own organisation")
permit (principal, action == Zerostate::Action::"quarantine", resource)
when { context.tie == "own" };

@id("quarantine-self")
@detail("whoever orders it means itself")
permit (principal, action == Zerostate::Action::"quarantine", resource)
when { context.reach == "self" };

@id("quarantine-partner")
@detail("a partner keeps its own nodes and agents apart")
permit (principal, action == Zerostate::Action::"quarantine", resource)
when { context.tie == "partner" && context.reach == "members" };
`,
};

export const DEFAULT_POLICIES: readonly PolicyFile[] = [
  {
    name: 'find.cedar',
    text: `@id("find-clear")
@detail("known not to be revoked")
permit (principal, action == Zerostate::Action::"find", resource)
when { context.standing.revocation == "clear" };

@id("find-override")
@detail("a person let it pass although its revocation is unknown")
permit (principal, action == Zerostate::Action::"find", resource)
when { context.standing.revocation == "unknown" && context.standing.override };
`,
  },
  {
    name: 'run.cedar',
    text: `@id("run-any")
@detail("tasks run in a sandbox, for whoever is not refused")
permit (principal, action == Zerostate::Action::"run", resource);

@id("run-revoked")
@detail("the requester is revoked")
forbid (principal, action == Zerostate::Action::"run", resource)
when { context.standing.revocation == "revoked" };

@id("run-unknown")
@detail("whether the requester is revoked is unknown, and the tier of tasks here is not \\"safe\\"")
forbid (principal, action == Zerostate::Action::"run", resource)
when {
  context.standing.revocation == "unknown" && context.standing.tier != "safe" && !context.standing.override
};
`,
  },
  {
    name: 'accept-statement.cedar',
    text: `@id("statement-any")
@detail("it verifies, and nothing stands against it")
permit (principal, action == Zerostate::Action::"accept-statement", resource);

@id("statement-revoked")
@detail("it is revoked, or its issuer is")
forbid (principal, action == Zerostate::Action::"accept-statement", resource)
when { context.purpose == "use" && context.standing.revocation == "revoked" };

@id("statement-unknown")
@detail("whether it is revoked is unknown, and the tier is not \\"safe\\"")
forbid (principal, action == Zerostate::Action::"accept-statement", resource)
when {
  context.purpose == "use" && context.standing.revocation == "unknown"
    && context.standing.tier != "safe" && !context.standing.override
};
`,
  },
  {
    name: 'peer.cedar',
    text: `@id("peer-any")
@detail("every node of the network may connect")
permit (principal, action == Zerostate::Action::"peer", resource);
`,
  },
  {
    name: 'relay.cedar',
    text: `@id("relay-any")
@detail("a relay serves every node of the network, within its limits")
permit (principal, action == Zerostate::Action::"relay", resource);
`,
  },
  QUARANTINE_POLICY,
];

/** What is decided by a node that has missed the policy of the others: it stays connected (over relays as well), takes in logs and obeys quarantine, and does nothing. */
export const CLOSED_POLICIES: readonly PolicyFile[] = [
  {
    name: 'closed.cedar',
    text: `@id("behind")
@detail("the others have begun with a policy that this node has not got: apply it")
forbid (
  principal,
  action in [Zerostate::Action::"find", Zerostate::Action::"run"],
  resource
);

@id("behind-relay")
@detail("the others have begun with a policy that this node has not got: apply it")
forbid (principal, action == Zerostate::Action::"relay", resource)
unless { context.purpose == "send" };

@id("behind-send")
permit (principal, action == Zerostate::Action::"relay", resource)
when { context.purpose == "send" };

@id("behind-use")
@detail("the others have begun with a policy that this node has not got: apply it")
forbid (principal, action == Zerostate::Action::"accept-statement", resource)
when { context.purpose == "use" };

@id("behind-store")
permit (principal, action == Zerostate::Action::"accept-statement", resource)
when { context.purpose == "store" };

@id("behind-peer")
permit (principal, action == Zerostate::Action::"peer", resource);
`,
  },
  QUARANTINE_POLICY,
];
