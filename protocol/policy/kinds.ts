// What policies decide about, and the form of a question: who wants to do what to which thing, and what is known.

/**
 * find: may this agent be an answer? run: may this task of that agent run here? accept-statement: is this statement of that issuer good
 * for this purpose? peer: may that node connect, or be a partner? relay: may that node be relayed? quarantine: is that agent's order to keep
 * something apart obeyed?
 */
export const POLICY_KINDS = ['find', 'run', 'accept-statement', 'peer', 'relay', 'quarantine'] as const;
export type PolicyKind = (typeof POLICY_KINDS)[number];

/** What an attribute may be: text, a safe integer, yes or no, or a set of texts. No floats: Cedar has none. */
export type Fact = string | number | boolean | readonly string[];
export type Facts = Readonly<Record<string, Fact>>;

/** Somebody or something that a policy speaks about; types as in docs/reference/policy.md. */
export interface PolicyEntity {
  readonly type: 'Node' | 'Agent' | 'Peer' | 'Task' | 'Statement';
  readonly id: string;
  readonly facts: Facts;
}

/** One question to a policy. */
export interface PolicyQuestion {
  readonly kind: PolicyKind;
  readonly principal: PolicyEntity;
  readonly resource: PolicyEntity;
  readonly context: Facts;
}

/** What a policy says. Denied is everything that no policy permits, that one forbids, or that one could not be asked about. */
export interface PolicyVerdict {
  readonly allow: boolean;
  /** Ids of the policies that decided, sorted. */
  readonly policies: readonly string[];
  /** What failed while policies were asked: each failure denies. */
  readonly errors: readonly string[];
  /** One sentence for a person. */
  readonly detail: string;
}

/** A set of policies made ready. Pure: the same question gets the same verdict. */
export interface ReadyPolicies {
  ask(question: PolicyQuestion): PolicyVerdict;
}
