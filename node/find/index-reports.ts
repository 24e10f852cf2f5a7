// What this node's agent says, signed, of an index that hides cards or makes up scores: a reputation event about the agents that live on
// its node, at most one a day. And what reputation says of indexes in turn. Judges nothing itself.

import { seedSigner } from '../../protocol/envelope/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { type Assessment, UNIT } from '../../protocol/reputation/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  REPUTATION_EVENT_PREDICATE,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import type { Residents } from '../cards/residents.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';

/** Pause between two events about one agent (milliseconds): an index is tried every minute, and a log is for ever. */
const EVENT_MS_MIN = 86_400_000;
/** Agents whose last event is remembered. */
const EVENTS_MAX = 10_000;
/** The worst there is: an index either keeps its word or does not. */
const VALUE = -100;
/** Expected score below which an agent's index is asked last: three such events of one's own, and nothing good, are below it. */
const DISTRUSTED_SCORE = (UNIT * 3) / 10;

export interface IndexReportsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly ownLog: Pick<OwnLog, 'append'>;
  readonly residents: Pick<Residents, 'of'>;
  readonly vault: Pick<AgentVault, 'list'>;
  readonly assess: (agentId: AgentId) => Pick<Assessment, 'score' | 'status'>;
}

/** Reports on indexes. */
export class IndexReports {
  readonly #deps: IndexReportsDeps;
  readonly #serial = new Serial();
  /** By agent: when it was last reported by an agent of this node. */
  readonly #last = new Map<string, number>();
  #stopped = false;

  constructor(deps: IndexReportsDeps) {
    this.#deps = deps;
  }

  /** Hears of statements, also at start: what was said today is not said again. */
  heard(statement: AgentStatement): void {
    if (!isStatementOf(statement, REPUTATION_EVENT_PREDICATE)) return;
    const { about, issuedAt, kind } = statement.statement.predicate;
    if (
      kind === 'index-failed' &&
      this.#deps.vault.list().some(({ agentId }) => agentId === statement.issuer)
    )
      this.#note(about, Date.parse(issuedAt));
  }

  /** True when reputation speaks against an agent that lives with this index. */
  isDistrusted(peerId: string): boolean {
    return this.#deps.residents.of(peerId).some((agentId) => {
      const { status, score } = this.#deps.assess(agentId);
      return status === 'slashed' || score < DISTRUSTED_SCORE;
    });
  }

  /** Says what an index did, in the name of the agent that speaks for this node. Says nothing where either has no agent. Never throws. */
  async report(peerId: string, what: string): Promise<void> {
    const { log, residents, vault } = this.#deps;
    const own = vault.list();
    const about = residents.of(peerId).filter((id) => own.every(({ agentId }) => agentId !== id));
    if (own[0] === undefined) return;
    try {
      for (const agentId of about) await this.#serial.run(agentId, () => this.#say(agentId, peerId, what));
    } catch (error) {
      log.warn({ index: peerId, error: (error as Error).message }, 'an index could not be reported');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
  }

  async #say(about: AgentId, peerId: string, what: string): Promise<void> {
    const { clock, log, ownLog, vault } = this.#deps;
    const now = clock.now();
    const [speaker] = vault.list();
    if (speaker === undefined || this.#stopped || now - (this.#last.get(about) ?? 0) < EVENT_MS_MIN) return;
    const envelope = signAgentStatement({
      predicateType: REPUTATION_EVENT_PREDICATE,
      predicate: {
        issuedAt: rfc3339(now),
        about,
        kind: 'index-failed',
        value: VALUE,
        evidence: [],
        note: `index of node ${peerId}: ${what}`,
      },
      keychain: speaker.keychain,
      signer: seedSigner(speaker.operationalSeed),
    });
    await ownLog.append(envelope);
    this.#note(about, now);
    log.info({ index: peerId, about, what }, 'an index was reported');
  }

  #note(about: string, at: number): void {
    const known = this.#last.get(about) ?? 0;
    this.#last.delete(about);
    this.#last.set(about, Math.max(known, at));
    if (this.#last.size > EVENTS_MAX) this.#last.delete(this.#last.keys().next().value as string);
  }
}
