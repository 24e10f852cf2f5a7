// Signs quarantine orders and releases for agents of this node. A release needs proof that is held here, and an agent whom the order names.

import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { keyOfPeerId } from '../../protocol/log/index.ts';
import {
  type OwnPredicates,
  QUARANTINE_ORDER_PREDICATE,
  QUARANTINE_RELEASE_PREDICATE,
  type QuarantineTarget,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { LogPosition, OwnLog } from '../log/index.ts';
import { Serial } from '../serial.ts';
import type { Quarantines } from './quarantines.ts';

/** An order to be signed. */
export interface OrderDraft {
  readonly targets: readonly QuarantineTarget[];
  /** Regions whose nodes are to obey; none: all. */
  readonly regions: readonly string[];
  readonly seconds: number;
  readonly reason: string;
  readonly evidence: readonly string[];
  /** Whose releases count; the agent that signs unless told. */
  readonly releaseBy?: readonly AgentId[];
  readonly threshold?: number;
  readonly by?: AgentId;
}

/** A release to be signed. */
export interface ReleaseDraft {
  readonly order: string;
  readonly reason: string;
  readonly evidence: readonly string[];
  readonly by?: AgentId;
}

export interface DeskDeps {
  readonly quarantines: Quarantines;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly authorities: readonly string[];
}

type Signed = typeof QUARANTINE_ORDER_PREDICATE | typeof QUARANTINE_RELEASE_PREDICATE;

/** Whoever gets an order takes any peer id: a slip of the pen is found where it is signed. Throws QUARANTINE_REFUSED. */
function requirePeerId(id: string): void {
  try {
    keyOfPeerId(id);
  } catch (cause) {
    throw new ZeroError('QUARANTINE_REFUSED', `${id} is the id of no node`, {
      cause,
      hint: '"zerostate peers" shows the ids of those that are known.',
    });
  }
}

/** Where orders and releases are signed. */
export class QuarantineDesk {
  readonly #deps: DeskDeps;
  readonly #serial = new Serial();
  /** Is this statement held here? Nothing is until the statements that are held can be asked. */
  #isHeld: (statementId: string) => boolean = () => false;

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** Tells how to ask whether a statement is held here. */
  knowStatements(isHeld: (statementId: string) => boolean): void {
    this.#isHeld = isHeld;
  }

  /** Which of these statements are held here. */
  held(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#isHeld(id));
  }

  /** Signs an order; resolves when it is on disk. Throws NOT_OWNER, QUARANTINE_REFUSED, DECODE_FAILED or what the log throws. */
  async order(draft: OrderDraft): Promise<LogPosition> {
    for (const { id, kind } of draft.targets) if (kind === 'peer') requirePeerId(id);
    const by = this.signerFor(draft.by);
    return await this.#sign(by, QUARANTINE_ORDER_PREDICATE, (sequence, now) => ({
      issuedAt: rfc3339(now),
      sequence,
      targets: [...draft.targets],
      regions: [...draft.regions],
      expiresAt: rfc3339(now + draft.seconds * 1_000),
      reason: draft.reason,
      evidence: [...draft.evidence],
      release: { by: [...(draft.releaseBy ?? [by])], threshold: draft.threshold ?? 1 },
    }));
  }

  /**
   * Signs a release with its proof; resolves when it is on disk. Throws NOT_FOUND, NOT_OWNER, QUARANTINE_REFUSED (an agent that the order does
   * not name, or no proof that this node holds) or what the log throws.
   */
  async release({ by, evidence, order: id, reason }: ReleaseDraft): Promise<LogPosition> {
    const { quarantines, vault } = this.#deps;
    const { release } = quarantines.show(id).order;
    const named = release.by.find((one) => (by === undefined ? vault.has(one) : one === by));
    if (named === undefined)
      throw new ZeroError('QUARANTINE_REFUSED', `only ${release.by.join(', ')} may release this order`);
    if (evidence.length === 0)
      throw new ZeroError('QUARANTINE_REFUSED', 'a release names the statements that prove it');
    const lacking = evidence.find((one) => one === id || !this.#isHeld(one));
    if (lacking !== undefined)
      throw new ZeroError('QUARANTINE_REFUSED', `${lacking} is no statement held here that could prove it`, {
        hint: 'A statement in a log that this node holds counts (a receipt, an attestation of what mended it), a card and the order itself do not: "zerostate log show" names them.',
      });
    return await this.#sign(named, QUARANTINE_RELEASE_PREDICATE, (sequence, now) => ({
      issuedAt: rfc3339(now),
      sequence,
      order: id,
      reason,
      evidence: [...evidence],
    }));
  }

  /** The agent that signs unless told: one that the configuration names as an authority, or the first. Throws NOT_OWNER or QUARANTINE_REFUSED. */
  signerFor(by: AgentId | undefined): AgentId {
    const { authorities, vault } = this.#deps;
    if (by !== undefined) return vault.get(by).agentId;
    const agents = vault.list().map(({ agentId }) => agentId);
    const first = agents.find((one) => authorities.includes(one)) ?? agents[0];
    if (first === undefined)
      throw new ZeroError('QUARANTINE_REFUSED', 'no agent lives on this node that could sign', {
        hint: 'Publish a card first: "zerostate card publish".',
      });
    return first;
  }

  async #sign<T extends Signed>(
    by: AgentId,
    predicateType: T,
    predicateOf: (sequence: number, nowMs: number) => Omit<OwnPredicates[T], 'issuer' | 'keychain'>,
  ): Promise<LogPosition> {
    return await this.#serial.run(by, async () => {
      const { clock, ownLog, quarantines, vault } = this.#deps;
      const agent = vault.get(by);
      const envelope = signAgentStatement({
        predicateType,
        predicate: predicateOf(quarantines.newest(by) + 1, clock.now()),
        keychain: agent.keychain,
        signer: seedSigner(agent.operationalSeed),
      });
      return await ownLog.append(envelope, { isUrgent: true });
    });
  }
}
