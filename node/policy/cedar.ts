// Cedar as the engine of policies: parses them once, checks them against the schema, and asks them. The library keeps parsed policies by name
// for ever, so a few names are used again and again; a set whose name was taken over is parsed again before it is asked. Policies are kept
// apart by the kind of decision that they speak about, since the library copies a set each time it is asked.

import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type Facts,
  POLICIES_MAX,
  POLICY_KINDS,
  type PolicyEntity,
  type PolicyFile,
  type PolicyKind,
  type PolicyQuestion,
  type PolicyVerdict,
  type ReadyPolicies,
} from '../../protocol/policy/index.ts';
import { looksAtIdentity } from './identity.ts';
import { NAMESPACE, SCHEMA_TEXT, STANDING_NAMES } from './schema.ts';

/** Parsed sets kept: the one in force, the one before it that requests under way still ask, and two to compare with. */
const SLOTS = 4;
/** Verdicts kept of one set: a question that is asked again (a second search, the next statement of an issuer) costs no parsing. */
const VERDICTS_MAX = 4_096;
/** Findings that one error names. */
const FINDINGS_MAX = 5;
/** Characters of one sentence of a policy. */
const DETAIL_CHARS_MAX = 200;

interface Failure {
  readonly message: string;
  readonly sourceLocations?: readonly { readonly start: number; readonly label: string | null }[];
}

interface OnePolicy {
  readonly id: string;
  readonly text: string;
  readonly detail: string;
  readonly effect: string;
  /** The only kind that it speaks about; null for several. */
  readonly kind: string | null;
  /** It may decide differently about two resources of the same facts. */
  readonly looksAtIdentity: boolean;
}

/** Who holds each name of the library's store. */
const holders: (CedarPolicies | undefined)[] = Array.from({ length: SLOTS });
let turn = 0;

/** A set of policies, checked. Make it with `readCedar`. */
export class CedarPolicies implements ReadyPolicies {
  readonly #texts: ReadonlyMap<PolicyKind, Record<string, string>>;
  readonly #details: ReadonlyMap<string, OnePolicy>;
  readonly #verdicts = new Map<string, PolicyVerdict>();
  /** Kinds whose verdicts hold for one resource alone. */
  readonly #apart: ReadonlySet<PolicyKind>;
  #slot = -1;

  constructor(policies: readonly OnePolicy[]) {
    this.#texts = new Map(
      POLICY_KINDS.map((kind) => [
        kind,
        Object.fromEntries(
          policies.filter((one) => one.kind === null || one.kind === kind).map(({ id, text }) => [id, text]),
        ),
      ]),
    );
    this.#details = new Map(policies.map((one) => [one.id, one]));
    this.#apart = new Set(
      POLICY_KINDS.filter((kind) =>
        policies.some((one) => one.looksAtIdentity && (one.kind === null || one.kind === kind)),
      ),
    );
  }

  /** Ids of the single policies, with the sentence of each. */
  list(): readonly { id: string; effect: string; detail: string }[] {
    return [...this.#details.values()].map(({ id, effect, detail }) => ({ id, effect, detail }));
  }

  /** True when one of them is about this kind by name: a policy about everything does not count. */
  speaksOf(kind: PolicyKind): boolean {
    return [...this.#details.values()].some((one) => one.kind === kind);
  }

  /** Parses now what would else be parsed with the first question. Throws POLICY_INVALID. */
  prepare(): void {
    if (this.#slot >= 0 && holders[this.#slot] === this) return;
    this.#slot = turn;
    turn = (turn + 1) % SLOTS;
    holders[this.#slot] = undefined;
    for (const [kind, staticPolicies] of this.#texts) {
      const answer = cedar.preparsePolicySet(`${kind}-${this.#slot}`, { staticPolicies });
      if (answer.type === 'failure') throw invalid(answer.errors);
    }
    holders[this.#slot] = this;
  }

  /** Asks. Does not throw: what goes wrong denies, and says so. */
  ask(question: PolicyQuestion): PolicyVerdict {
    const { kind, principal, resource, context } = question;
    // A task has an id of its own, and mostly nothing else that the policies of tasks look at: what was said of the one before holds for it.
    const isApart = this.#apart.has(kind) || principal.type === resource.type;
    const key = JSON.stringify([kind, principal, isApart ? resource : { ...resource, id: '' }, context]);
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = this.#ask(question);
    if (this.#verdicts.size >= VERDICTS_MAX)
      this.#verdicts.delete(this.#verdicts.keys().next().value as string);
    // What failed may be the engine's fault, and is tried again.
    if (verdict.errors.length === 0) this.#verdicts.set(key, verdict);
    return verdict;
  }

  // Nothing is awaited between parsing and asking: no other set can take the name over in between.
  #ask(question: PolicyQuestion): PolicyVerdict {
    try {
      this.prepare();
      const { kind, principal, resource, context } = question;
      const answer = cedar.statefulIsAuthorized({
        principal: uid(principal),
        action: { type: `${NAMESPACE}::Action`, id: kind },
        resource: uid(resource),
        context: contextOf(context),
        validateRequest: false,
        preparsedPolicySetId: `${kind}-${this.#slot}`,
        entities: [entity(principal), entity(resource)],
      });
      if (answer.type === 'failure') return failed(answer.errors.map(({ message }) => message));
      const { decision, diagnostics } = answer.response;
      // A policy that fails is left out by Cedar: a forbidding one would let pass what it was written to stop.
      if (diagnostics.errors.length > 0)
        return failed(diagnostics.errors.map(({ policyId, error }) => `${policyId}: ${error.message}`));
      const policies = [...diagnostics.reason].sort();
      const allow = decision === 'allow';
      return { allow, policies, errors: [], detail: this.#say(policies, allow) };
    } catch (error) {
      return failed([(error as Error).message ?? String(error)]);
    }
  }

  #say(ids: readonly string[], allow: boolean): string {
    if (ids.length === 0) return 'no policy permits it';
    const said = ids.map((id) => `${id}: ${this.#details.get(id)?.detail ?? ''}`).join('; ');
    return `${allow ? 'permitted by' : 'forbidden by'} ${said}`;
  }
}

/** Reads and checks policies: syntax, no templates, ids that differ, types. Throws POLICY_INVALID naming file, policy and position. */
export function readCedar(files: readonly PolicyFile[]): CedarPolicies {
  const policies = files.flatMap(readFile);
  checkTypes(policies);
  return new CedarPolicies(policies);
}

/** Reads policies of this source. A test has checked their types: doing it again would be half of what they cost a start. */
export function readOwnCedar(files: readonly PolicyFile[]): CedarPolicies {
  return new CedarPolicies(files.flatMap(readFile));
}

function checkTypes(policies: readonly OnePolicy[]): void {
  if (policies.length > POLICIES_MAX)
    throw new ZeroError('POLICY_INVALID', `${policies.length} policies; at most ${POLICIES_MAX}`);
  const twice = policies.find(({ id }, i) => policies.findIndex((other) => other.id === id) !== i);
  if (twice !== undefined) throw new ZeroError('POLICY_INVALID', `two policies have the id "${twice.id}"`);
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = cedar.validate({ schema: SCHEMA_TEXT, policies: { staticPolicies } });
  if (answer.type === 'failure') throw invalid(answer.errors);
  if (answer.validationErrors.length > 0)
    throw new ZeroError(
      'POLICY_INVALID',
      answer.validationErrors
        .slice(0, FINDINGS_MAX)
        .map(({ policyId, error }) => `${policyId}: ${error.message}`)
        .join('; '),
    );
}

function readFile({ name, text }: PolicyFile): OnePolicy[] {
  const parts = cedar.policySetTextToParts(text);
  if (parts.type === 'failure') throw invalid(parts.errors, name, text);
  if (parts.policy_templates.length > 0)
    throw new ZeroError('POLICY_INVALID', `${name}: templates are not taken; write the policy out`);
  return parts.policies.map((policy, i) => {
    const json = cedar.policyToJson(policy);
    if (json.type === 'failure') throw invalid(json.errors, name);
    const { action, annotations = {}, effect } = json.json;
    return {
      id: String(annotations.id ?? `${name}#${i + 1}`).slice(0, DETAIL_CHARS_MAX),
      text: policy,
      detail: String(annotations.detail ?? '').slice(0, DETAIL_CHARS_MAX),
      effect,
      kind: action.op === '==' && 'entity' in action ? idOf(action.entity) : null,
      looksAtIdentity: looksAtIdentity(json.json),
    };
  });
}

const idOf = (entity: cedar.EntityUidJson) => ('__entity' in entity ? entity.__entity.id : entity.id);

function invalid(errors: readonly Failure[], name?: string, text?: string): ZeroError {
  const found = errors.slice(0, FINDINGS_MAX).map(({ message, sourceLocations }) => {
    const at = sourceLocations?.[0];
    if (at === undefined || text === undefined) return message;
    // Cedar counts bytes.
    const before = Buffer.from(text).subarray(0, at.start).toString().split('\n');
    return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}: ${message}${at.label === null ? '' : ` (${at.label})`}`;
  });
  return new ZeroError('POLICY_INVALID', `${name === undefined ? '' : `${name}: `}${found.join('; ')}`);
}

function failed(errors: readonly string[]): PolicyVerdict {
  const short = errors.slice(0, FINDINGS_MAX).map((one) => one.slice(0, DETAIL_CHARS_MAX));
  return {
    allow: false,
    policies: [],
    errors: short,
    detail: `a policy could not be asked: ${short.join('; ')}`,
  };
}

const uid = ({ type, id }: PolicyEntity) => ({ type: `${NAMESPACE}::${type}`, id });

function entity(of: PolicyEntity) {
  return { uid: uid(of), attrs: mutable(of.facts), parents: [] };
}

function mutable(facts: Facts): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, typeof fact === 'object' ? [...fact] : fact]),
  );
}

/** Cedar's context: what tells of an agent's standing is a record of its own. */
function contextOf(facts: Facts): Record<string, never> {
  const standing: Record<string, unknown> = {};
  const context: Record<string, unknown> = {};
  for (const [name, fact] of Object.entries(mutable(facts)))
    (STANDING_NAMES.has(name) ? standing : context)[name] = fact;
  if (Object.keys(standing).length > 0) context.standing = standing;
  return context as Record<string, never>;
}

/** True when a question fits the schema; for tests of what asks. Cedar's own words otherwise. */
export function checkQuestion({ kind, principal, resource, context }: PolicyQuestion): string | null {
  const answer = cedar.isAuthorized({
    principal: uid(principal),
    action: { type: `${NAMESPACE}::Action`, id: kind },
    resource: uid(resource),
    context: contextOf(context),
    schema: SCHEMA_TEXT,
    validateRequest: true,
    policies: { staticPolicies: {} },
    entities: [entity(principal), entity(resource)],
  });
  return answer.type === 'failure' ? answer.errors.map(({ message }) => message).join('; ') : null;
}

/** Version of Cedar's language that policies are written in. */
export const cedarLanguage = (): string => cedar.getCedarLangVersion();
