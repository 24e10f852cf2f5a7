// The bundles of a node: which one is in force, and how another takes its place. A switch is one assignment after one durable write: every
// decision is made under the old bundle or the new one, whole.

import type { Envelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  goBack,
  newPolicyLine,
  POLICY_CHAIN_MAX,
  type PolicyEpoch,
  type PolicyFile,
  type PolicyLine,
  type PolicyMembers,
  type PolicySigners,
  signPolicyBundle,
  takePolicy,
} from '../../protocol/policy/index.ts';
import type { FallbackPolicy } from '../activation/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { Serial } from '../serial.ts';
import type { Database } from '../storage/index.ts';
import { type ActivePolicy, BUILT_IN, CLOSED } from './active-policy.ts';
import { BundleStore, type KeptBundle, type PolicySwitch } from './bundle-store.ts';
import { ownBundle, startOf, takeChain } from './policy-chain.ts';
import { ownPolicyKey } from './policy-key.ts';
import { PolicyShelf } from './policy-shelf.ts';
import { type FellBack, policyAtStart, recordStart } from './policy-start.ts';

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
  readonly #shelf: PolicyShelf;
  #active: ActivePolicy;
  #line: PolicyLine | undefined;
  #behind: PolicyEpoch | null = null;
  /** What this start fell back to. */
  fellBack: FellBack | undefined;

  constructor(deps: BundlesDeps) {
    this.#deps = deps;
    this.#store = new BundleStore(deps.db);
    this.#shelf = new PolicyShelf(this.#store);
    this.#active = BUILT_IN;
  }

  /**
   * Reads what is in force. `good` takes the place of one under which starts have failed, unless it is below the floor.
   * Throws POLICY_INVALID when it cannot be asked any more: a node without its policy does not start.
   */
  async load(good?: FallbackPolicy): Promise<void> {
    this.#line = await this.#store.load(this.#root);
    const { clock, log } = this.#deps;
    const { active, fellBack } = await policyAtStart(this.#line ?? {}, good, (id) => this.policyOf(id));
    this.#active = active;
    this.fellBack = fellBack;
    if (fellBack !== undefined)
      log.error(
        { policy: active.id, refused: fellBack.refused },
        'starts under the policy in force have failed',
      );
    await recordStart(this.#store, active, fellBack, { at: clock.now(), log });
    // The built-in policies are known to be sound, and cost a start less when nobody asks them yet.
    if (this.#active !== BUILT_IN) this.#active.policies.prepare();
    this.#deps.metrics.set('zerostate_policy_sequence', this.#active.sequence);
  }

  /** The policies in force now. Hold on to it while one request makes several decisions. */
  get active(): ActivePolicy {
    return this.#behind === null ? this.#active : CLOSED;
  }

  /** Told of switches. */
  onChange: () => void = () => {};

  /** May this bundle begin at once? Set by who knows the acknowledgements; its start alone is looked at where nobody does. */
  mayBegin: (line: PolicyLine, envelope: Envelope, nowMs: number) => boolean = (_, envelope, nowMs) =>
    Date.parse(startOf(envelope) ?? '') <= nowMs;

  /** The bundle in force has run out: it goes on deciding, and health says so. */
  get expired(): boolean {
    const { expiresAt } = this.#active;
    return expiresAt !== null && Date.parse(expiresAt) <= this.#deps.clock.now();
  }

  get #root(): string {
    return JSON.stringify(this.#deps.signers);
  }

  /** The line: who signs next, the newest taken, the floor. */
  async line(): Promise<PolicyLine> {
    if (this.#line !== undefined && this.#line.newest !== null) return this.#line;
    const { signers } = this.#deps;
    const keys = signers.keys.length > 0 ? signers.keys : [(await ownPolicyKey(this.#deps.home)).keyid];
    const { active = null, staged = null } = this.#line ?? {};
    return { ...newPolicyLine({ keys, threshold: signers.threshold }), active, staged };
  }

  /** Policies by the id of their bundle; null: the built-in ones. Throws NOT_FOUND when it is not kept. */
  async policyOf(id: string | null): Promise<ActivePolicy> {
    return this.#shelf.policyOf(id);
  }

  /** The signed bundle of an id; undefined where none is kept, and for the built-in policies, which nobody signed. */
  envelope(id: string): Envelope | undefined {
    return this.#store.envelope(id);
  }

  /**
   * Takes signed bundles, oldest first, and puts the last in force. All of them or none. Throws POLICY_INVALID, POLICY_ROLLBACK,
   * POLICY_EXPIRED, SIGNATURE_INVALID, LIMIT_EXCEEDED or STORAGE_FAILED; the policy in force then stays.
   */
  async apply(envelopes: readonly Envelope[]): Promise<ActivePolicy> {
    if (envelopes.length === 0 || envelopes.length > POLICY_CHAIN_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `1 to ${POLICY_CHAIN_MAX} bundles are applied at once`);
    return await this.#switch('apply', async (now) => {
      const { begun, bundles, line, staged } = takeChain(await this.line(), envelopes, now, this.mayBegin);
      for (const { active } of bundles) this.#shelf.keep(active);
      // Parsed now: at its start nothing may be found wrong with it.
      staged?.policies.prepare();
      const reason = bundles.at(-1)?.kept.note ?? '';
      return {
        line,
        next: begun ?? this.#active,
        bundles,
        reason,
        as: staged === undefined ? 'apply' : 'stage',
      };
    });
  }

  /** The bundle that waits for its start. */
  get staged(): PolicyEpoch | null {
    return this.#line?.staged ?? null;
  }

  /** Who must acknowledge the next bundle with a start, and how far this node has come. */
  get epoch(): { readonly newest: number; readonly members: PolicyMembers | null } {
    return { newest: this.#line?.newest?.sequence ?? 0, members: this.#line?.members ?? null };
  }

  /** Puts the bundle that waits in force. Throws NOT_FOUND, POLICY_EXPIRED or STORAGE_FAILED. */
  async begin(): Promise<ActivePolicy> {
    return await this.#switch('begin', async (now) => {
      const line = await this.line();
      const envelope = line.staged == null ? undefined : this.#store.envelope(line.staged.id);
      if (envelope === undefined) throw new ZeroError('NOT_FOUND', 'no policy bundle waits for its start');
      const step = takePolicy(line, envelope, now);
      const next = await this.policyOf(step.taken.id);
      return { line: step.line, next, bundles: [], reason: step.taken.bundle.note ?? '' };
    });
  }

  /** Closes the node: others have begun with a policy that is not here. Null opens it again. */
  close(epoch: PolicyEpoch | null): void {
    if (epoch?.id === this.#behind?.id) return;
    this.#behind = epoch;
    this.#deps.metrics.set('zerostate_policy_behind', epoch === null ? 0 : 1);
    if (epoch !== null)
      this.#deps.log.error({ ...epoch }, 'others have begun with a policy that is not here');
    else this.#deps.log.info('the policy in force is the one that the others have');
  }

  /** The policy of the others that is not here; null when there is none. */
  get behind(): PolicyEpoch | null {
    return this.#behind;
  }

  /** Signs policies with the node's own key and puts them in force. Throws POLICY_UNSIGNED where the configuration names signers. */
  async applyFiles(files: readonly PolicyFile[], note: string | null): Promise<ActivePolicy> {
    if (this.#deps.signers.keys.length > 0)
      throw new ZeroError('POLICY_UNSIGNED', 'policy.signers names who signs the policies of this node');
    const signer = await ownPolicyKey(this.#deps.home);
    const bundle = ownBundle(await this.line(), files, note, signer.keyid, this.#deps.clock.now());
    return await this.apply([signPolicyBundle(bundle, [signer])]);
  }

  /**
   * Goes back to a bundle that is kept: a sequence (0: built in), what a start fell back to, or the last. Throws
   * POLICY_ROLLBACK or NOT_FOUND.
   */
  async rollback(to: number | undefined, reason: string): Promise<ActivePolicy> {
    return await this.#switch('rollback', async () => {
      const line = await this.line();
      const wanted = to ?? this.fellBack?.to ?? this.#before();
      const kept = this.#store.list().find(({ sequence }) => sequence === wanted);
      if (wanted !== 0 && kept === undefined)
        throw new ZeroError('NOT_FOUND', `no bundle ${wanted} is kept here; see "zerostate policy history"`);
      const next = await this.policyOf(kept?.id ?? null);
      return { line: goBack(line, kept ?? null), next, bundles: [], reason };
    });
  }

  /** The sequence that was in force before the one that is now: whoever stayed with one that stood in came from nowhere else. */
  #before(): number {
    const found = this.#store
      .switches(Number.MAX_SAFE_INTEGER)
      .find(({ action, from, to }) => action !== 'start' && to === this.#active.sequence && from !== to);
    if (found === undefined) throw new ZeroError('NOT_FOUND', 'there is no policy to go back to');
    return found.from;
  }

  async #switch(
    asked: PolicySwitch['action'],
    plan: (now: number) => Promise<{
      line: PolicyLine;
      next: ActivePolicy;
      bundles: readonly { kept: KeptBundle; envelope: Envelope }[];
      reason: string;
      /** What it turned out to be. */
      as?: PolicySwitch['action'];
    }>,
  ): Promise<ActivePolicy> {
    const { clock, log, metrics } = this.#deps;
    try {
      return await this.#serial.run('switch', async () => {
        const at = clock.now();
        const { as: action = asked, line, next, bundles, reason } = await plan(at);
        // Parsed before it is written: what is in force can be asked.
        next.policies.prepare();
        const from = this.#active.sequence;
        const to = action === 'stage' ? (line.staged?.sequence ?? next.sequence) : next.sequence;
        const id = action === 'stage' ? (line.staged?.id ?? null) : line.active;
        const step = { at, action, from, to, id, reason };
        const before = this.#active.id;
        await this.#store.commit({ line, root: this.#root, step, before, bundles });
        this.#line = line;
        this.#active = next;
        if (action !== 'stage') this.fellBack = undefined;
        metrics.count('zerostate_policy_switches_total', { action, result: 'ok' });
        metrics.set('zerostate_policy_sequence', next.sequence);
        log.info({ action, from, to: next.sequence, policy: next.id }, 'the line of policies has moved');
        if (next.id !== before) this.onChange();
        return next;
      });
    } catch (error) {
      metrics.count('zerostate_policy_switches_total', {
        action: asked,
        result: isZeroError(error) ? error.code : 'failed',
      });
      throw error;
    }
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
