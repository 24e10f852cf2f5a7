// The entities and contexts that policies may speak about, version 1, in Cedar's own language. A bundle is checked against it before it is
// taken, so that a misspelled attribute is an error at that time and not a decision gone wrong. docs/reference/policy.md explains each.

/** Namespace of every type and action. */
export const NAMESPACE = 'Zerostate';

export const SCHEMA_TEXT = `namespace ${NAMESPACE} {
  // This node.
  entity Node = { name: String, region: String, network: String };

  // An agent, as its newest card says; "local" where its key is on this node.
  entity Agent = {
    name: String, region: String, operator: String, sla: String, host: String,
    tags: Set<String>, priced: Bool, local: Bool,
  };

  // Another node, as far as it has announced itself; "known" is false before that.
  entity Peer = { name: String, region: String, roles: Set<String>, known: Bool };

  // A task that another node asks this one to run.
  entity Task = {
    name: String, capability: String, module: String, executor: String,
    fuel: Long, memoryBytes: Long, wallMs: Long, priced: Bool,
  };

  // A statement: of an agent, or imported from another tool.
  entity Statement = { predicateType: String, issuer: String, origin: String, local: Bool };

  // What is known of an agent's standing when the decision is made.
  //   revocation: "clear" only on fresh knowledge; "revoked"; else "unknown".
  //   ageSeconds: age of that knowledge, -1 where there is none. tier: "safe", "risky" or "dangerous".
  //   reputation: lower bound in thousandths, 0 for the unproven. override: a person let the unknown pass, with a reason.
  type Standing = {
    revocation: String, ageSeconds: Long, tier: String,
    reputation: Long, proven: Bool, override: Bool,
  };

  action "find" appliesTo { principal: [Node], resource: [Agent], context: { standing: Standing } };

  action "run" appliesTo { principal: [Agent], resource: [Task], context: { standing: Standing, peer: String } };

  // purpose: "store" when a log brings it, "use" when a verdict rests on it.
  action "accept-statement" appliesTo {
    principal: [Agent], resource: [Statement], context: { standing: Standing, purpose: String },
  };

  // purpose: "connect" for a connection, "partner" for a partnership. direction: "inbound" or "outbound".
  action "peer" appliesTo { principal: [Peer], resource: [Node], context: { purpose: String, direction: String } };

  // purpose: "reserve" for a slot on this relay, "connect" for one circuit to the peer "destination", "forward" for a stream to it,
  // "send" for a stream of this node itself.
  // Of a stream: the region that it must not leave (stayIn), its guild and class (sla), each empty where the sender names none. next and
  // nextRegion are there when one way is asked about, and absent when the stream itself is.
  action "relay" appliesTo {
    principal: [Peer], resource: [Node],
    context: {
      purpose: String, destination: String,
      destinationRegion?: String, guild?: String, sla?: String, stayIn?: String, next?: String, nextRegion?: String,
    },
  };

  // kind: "agent", "peer", "module" or "partner"; target: its id. tie: who orders, "own" (an agent of this node, or one that its configuration
  // names), "partner" or "stranger". reach: "self" for an order about the issuer, "members" for its partner's nodes and agents, or "others".
  action "quarantine" appliesTo {
    principal: [Agent], resource: [Node], context: { kind: String, target: String, tie: String, reach: String },
  };
}
`;

/** Names of the context's members that belong to the standing of an agent; the flat facts of a question are put back under it. */
export const STANDING_NAMES: ReadonlySet<string> = new Set([
  'revocation',
  'ageSeconds',
  'tier',
  'reputation',
  'proven',
  'override',
]);
