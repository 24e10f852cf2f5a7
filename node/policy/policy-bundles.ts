// The bundles of a node: which one is in force, and how another takes its place. A switch is one assignment after one durable write: every
// decision is made under the old bundle or the new one, whole.

import type { Envelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import {
  goBack,
  newPolicyLine,
  POLICY_BUNDLE_BYTES_MAX,
  POLICY_CHAIN_MAX,
  type PolicyBundle,
  type PolicyFile,
  type PolicyLine,
  type PolicySigners,
  policyFilesId,
  signPolicyBundle,
  takePolicy,
} from '../../protocol/policy/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import type { Database } from '../storage/index.ts';
import { BundleStore, type KeptBundle, type PolicySwitch } from './bundle-store.ts';
import { type CedarPolicies, readCedar } from './cedar.ts';
import { DEFAULT_POLICIES } from './default-policies.ts';
import { makePolicyKey, policyKeyPath, readPolicyKey } from './policy-key.ts';

/** Policies kept read, a few hundred kB each. */
const READY_MAX = 8;
/** Name of the line that a node's own key signs, and of the built-in policies. */
const OWN_LINE = 'local';
const BUILT_IN = 'built-in';

/** Read once for all nodes of a process: they never change. */
const BUILT_IN_POLICIES = readCedar(DEFAULT_POLICIES);

/** A set of policies ready to be asked, and where it comes from. Sequence 0: the built-in ones. */
export interface ActivePolicy {
  readonly id: string;
  readonly name: string;
  readonly sequence: number;
  readonly expiresAt: string | null;
  readonly files: readonly PolicyFile[];
  readonly policies: CedarPolicies;
}

export interface BundlesDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly home: string;
  /** Who signs the first bundle; no keys: the node's own policy key. */
  readonly signers: PolicySigners;
}

/** Keeps and switches bundles. */
export class PolicyBundles {
  readonly #deps: BundlesDeps;
  readonly #store: BundleStore;
  readonly #serial = new Serial();
  readonly #builtIn: ActivePolicy;
  readonly #ready = new Map<string, ActivePolicy>();
  #active: ActivePolicy;
  #line: PolicyLine | undefined;

  constructor(deps: BundlesDeps) {
    this.#deps = deps;
    this.#store = new BundleStore(deps.db);
    this.#builtIn = {
      id: policyFilesId(DEFAULT_POLICIES),
      name: BUILT_IN,
      sequence: 0,
      expiresAt: null,
      files: DEFAULT_POLICIES,
      policies: BUILT_IN_POLICIES,
    };
    this.#active = this.#builtIn;
  }

  /** Reads what is in force. Throws POLICY_INVALID when it cannot be asked any more: a node without its policy does not start. */
  async load(): Promise<void> {
    this.#line = await this.#store.load(this.#root);
    this.#active = await this.policyOf(this.#line?.active ?? null);
    this.#active.policies.prepare();
    this.#deps.metrics.set('zerostate_policy_sequence', this.#active.sequence);
  }

  /** The policies in force now. Hold on to it while one request makes several decisions. */
  get active(): ActivePolicy {
    return this.#active;
  }

  /** True while the bundle in force has run out: it goes on deciding, and health says so. */
  get expired(): boolean {
    const { expiresAt } = this.#active;
    return expiresAt !== null && Date.parse(expiresAt) <= this.#deps.clock.now();
  }

  get #root(): string {
    return JSON.stringify(this.#deps.signers);
  }

  async #lineNow(): Promise<PolicyLine> {
    if (this.#line !== undefined && this.#line.newest !== null) return this.#line;
    const { signers } = this.#deps;
    const keys = signers.keys.length > 0 ? signers.keys : [(await this.#ownKey()).keyid];
    return { ...newPolicyLine({ keys, threshold: signers.threshold }), active: this.#line?.active ?? null };
  }

  async #ownKey() {
    const path = policyKeyPath(this.#deps.home);
    return (await readPolicyKey(path)) ?? (await makePolicyKey(path));
  }

  /** Policies by the id of their bundle; null: the built-in ones. Throws NOT_FOUND when it is not kept. */
  async policyOf(id: string | null): Promise<ActivePolicy> {
    if (id === null || id === this.#builtIn.id) return this.#builtIn;
    const ready = this.#ready.get(id);
    if (ready !== undefined) return ready;
    const envelope = this.#store.envelope(id);
    if (envelope === undefined)
      throw new ZeroError('NOT_FOUND', `the policy bundle ${id} is not kept here any more`);
    const bundle = parseStrictJson(envelope.payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) as PolicyBundle;
    return this.#keep(activeOf(bundle, id));
  }

  /** The signed bundle of an id; undefined where none is kept, and for the built-in policies, which nobody signed. */
  envelope(id: string): Envelope | undefined {
    return this.#store.envelope(id);
  }

  /** Keeps read policies: going back, and a replay, then cost no reading. */
  #keep(active: ActivePolicy): ActivePolicy {
    this.#ready.set(active.id, active);
    if (this.#ready.size > READY_MAX) this.#ready.delete(this.#ready.keys().next().value as string);
    return active;
  }

  /**
   * Takes signed bundles, oldest first, and puts the last in force. All of them or none. Throws POLICY_INVALID, POLICY_ROLLBACK,
   * POLICY_EXPIRED, SIGNATURE_INVALID, LIMIT_EXCEEDED or STORAGE_FAILED; the policy in force then stays.
   */
  async apply(envelopes: readonly Envelope[]): Promise<ActivePolicy> {
    if (envelopes.length === 0 || envelopes.length > POLICY_CHAIN_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `1 to ${POLICY_CHAIN_MAX} bundles are applied at once`);
    return await this.#switch('apply', async (now) => {
      let line = await this.#lineNow();
      const bundles: { kept: KeptBundle; envelope: Envelope }[] = [];
      let next: ActivePolicy | undefined;
      for (const envelope of passedOver(envelopes, line)) {
        const step = takePolicy(line, envelope, now);
        const { bundle, id } = step.taken;
        line = step.line;
        next = this.#keep(activeOf(bundle, id));
        bundles.push({ kept: keptOf(bundle, id, now), envelope });
      }
      if (next === undefined)
        throw new ZeroError('POLICY_ROLLBACK', 'no bundle is as new as the newest that this node has taken');
      return { line, next, bundles, reason: bundles.at(-1)?.kept.note ?? '' };
    });
  }

  /** Signs policies with the node's own key and puts them in force. Throws POLICY_UNSIGNED where the configuration names signers. */
  async applyFiles(files: readonly PolicyFile[], note: string | null): Promise<ActivePolicy> {
    if (this.#deps.signers.keys.length > 0)
      throw new ZeroError('POLICY_UNSIGNED', 'policy.signers names who signs the policies of this node');
    const signer = await this.#ownKey();
    const { newest } = await this.#lineNow();
    const bundle: PolicyBundle = {
      type: 'PolicyBundle',
      version: 1,
      name: newest?.name ?? OWN_LINE,
      sequence: (newest?.sequence ?? 0) + 1,
      floor: 0,
      issuedAt: rfc3339(this.#deps.clock.now()),
      expiresAt: null,
      schema: 1,
      note,
      policies: [...files],
      signers: { keys: [signer.keyid], threshold: 1 },
    };
    return await this.apply([signPolicyBundle(bundle, [signer])]);
  }

  /**
   * Goes back to a bundle that is kept: a sequence, 0 for the built-in policies, or the one in force before this one. Throws POLICY_ROLLBACK
   * or NOT_FOUND.
   */
  async rollback(to: number | undefined, reason: string): Promise<ActivePolicy> {
    return await this.#switch('rollback', async () => {
      const line = await this.#lineNow();
      const wanted = to ?? this.#before();
      const kept = this.#store.list().find(({ sequence }) => sequence === wanted);
      if (wanted !== 0 && kept === undefined)
        throw new ZeroError('NOT_FOUND', `no bundle ${wanted} is kept here; see "zerostate policy history"`);
      const next = await this.policyOf(kept?.id ?? null);
      return { line: goBack(line, kept ?? null), next, bundles: [], reason };
    });
  }

  /** The sequence that was in force before the one that is now. */
  #before(): number {
    const found = this.#store
      .switches(Number.MAX_SAFE_INTEGER)
      .find(({ to }) => to === this.#active.sequence);
    if (found === undefined) throw new ZeroError('NOT_FOUND', 'there is no policy to go back to');
    return found.from;
  }

  async #switch(
    action: PolicySwitch['action'],
    plan: (now: number) => Promise<{
      line: PolicyLine;
      next: ActivePolicy;
      bundles: { kept: KeptBundle; envelope: Envelope }[];
      reason: string;
    }>,
  ): Promise<ActivePolicy> {
    const { clock, log, metrics } = this.#deps;
    try {
      return await this.#serial.run('switch', async () => {
        const at = clock.now();
        const { line, next, bundles, reason } = await plan(at);
        // Parsed before it is written: what is on disk as in force can be asked.
        next.policies.prepare();
        const from = this.#active.sequence;
        const step = { at, action, from, to: next.sequence, id: line.active, reason };
        const before = this.#active.id;
        await this.#store.commit({ line, root: this.#root, step, before, bundles });
        this.#line = line;
        this.#active = next;
        metrics.count('zerostate_policy_switches_total', { action, result: 'ok' });
        metrics.set('zerostate_policy_sequence', next.sequence);
        log.info({ action, from, to: next.sequence, policy: next.id }, 'another policy is in force');
        return next;
      });
    } catch (error) {
      metrics.count('zerostate_policy_switches_total', {
        action,
        result: isZeroError(error) ? error.code : 'failed',
      });
      throw error;
    }
  }

  /** What is known of the line: who signs next, the newest taken, the floor. */
  async line(): Promise<PolicyLine> {
    return await this.#lineNow();
  }

  /** Bundles that are kept, and the switches between them, newest first. */
  history(limit: number): { bundles: KeptBundle[]; switches: PolicySwitch[] } {
    return { bundles: this.#store.list().slice(0, limit), switches: this.#store.switches(limit) };
  }

  /** The Cedar files of a bundle that is kept, by sequence. Throws NOT_FOUND. */
  async filesOf(sequence: number): Promise<readonly PolicyFile[]> {
    const kept = this.#store.list().find((one) => one.sequence === sequence);
    if (sequence !== 0 && kept === undefined)
      throw new ZeroError('NOT_FOUND', `no bundle ${sequence} is kept here`);
    return (await this.policyOf(kept?.id ?? null)).files;
  }
}

function activeOf(bundle: PolicyBundle, id: string): ActivePolicy {
  const { name, sequence, expiresAt, policies: files } = bundle;
  return { id, name, sequence, expiresAt, files, policies: readCedar(files) };
}

function keptOf(bundle: PolicyBundle, id: string, takenAt: number): KeptBundle {
  const { name, sequence, issuedAt, expiresAt, note } = bundle;
  return { id, name, sequence, issuedAt, expiresAt, note, takenAt };
}

/** Of a chain, what is not older than the newest taken; a single bundle is judged whatever it is. */
function passedOver(envelopes: readonly Envelope[], { newest }: PolicyLine): readonly Envelope[] {
  if (envelopes.length === 1 || newest === null) return envelopes;
  return envelopes.filter(({ payload }) => {
    const { sequence } = parseStrictJson(payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) as {
      sequence?: unknown;
    };
    return typeof sequence !== 'number' || sequence >= newest.sequence;
  });
}
