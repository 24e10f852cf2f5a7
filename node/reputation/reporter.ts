// What this node's agent says, signed, of another agent's conduct: a reputation event of one kind, at most one a day about each agent.
// Judges nothing itself.

import { RecentMap } from '../../protocol/bounded/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  REPUTATION_EVENT_PREDICATE,
  type ReputationEventPredicate,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';

/** Pause between two events about one agent (milliseconds): what is tried every minute fails every minute, and a log is for ever. */
const EVENT_MS_MIN = 86_400_000;
/** Agents whose last event is remembered. */
const EVENTS_MAX = 10_000;
/** The worst there is: whoever is reported broke its word. */
const VALUE = -100;

export interface ReporterDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly ownLog: Pick<OwnLog, 'append'>;
  readonly vault: Pick<AgentVault, 'list'>;
}

/** Says one kind of event. */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #kind: ReputationEventPredicate['kind'];
  readonly #serial = new Serial();
  /** By agent: when it was last reported by an agent of this node. */
  readonly #last = new RecentMap<string, number>(EVENTS_MAX);
  #stopped = false;

  constructor(kind: ReputationEventPredicate['kind'], deps: ReporterDeps) {
    this.#kind = kind;
    this.#deps = deps;
  }

  /** Hears of statements, also at start: what was said today is not said again. */
  heard(statement: AgentStatement): void {
    if (!isStatementOf(statement, REPUTATION_EVENT_PREDICATE)) return;
    const { about, issuedAt, kind } = statement.statement.predicate;
    if (kind === this.#kind && this.#isOwn(statement.issuer)) this.#note(about, Date.parse(issuedAt));
  }

  /** Says what an agent did, in the name of the agent that speaks for this node. Says nothing where there is none, and nothing of its own agents. Never throws. */
  async report(about: AgentId, note: string): Promise<void> {
    if (this.#isOwn(about)) return;
    try {
      await this.#serial.run(about, () => this.#say(about, note));
    } catch (error) {
      this.#deps.log.warn({ about, error: (error as Error).message }, 'an agent could not be reported');
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
  }

  #isOwn(agent: string): boolean {
    return this.#deps.vault.list().some(({ agentId }) => agentId === agent);
  }

  async #say(about: AgentId, note: string): Promise<void> {
    const { clock, log, ownLog, vault } = this.#deps;
    const now = clock.now();
    const [speaker] = vault.list();
    if (speaker === undefined || this.#stopped || now - (this.#last.get(about) ?? 0) < EVENT_MS_MIN) return;
    const envelope = signAgentStatement({
      predicateType: REPUTATION_EVENT_PREDICATE,
      predicate: { issuedAt: rfc3339(now), about, kind: this.#kind, value: VALUE, evidence: [], note },
      keychain: speaker.keychain,
      signer: seedSigner(speaker.operationalSeed),
    });
    await ownLog.append(envelope);
    this.#note(about, now);
    log.info({ about, kind: this.#kind, note }, 'an agent was reported');
  }

  #note(about: string, at: number): void {
    const known = this.#last.get(about) ?? 0;
    this.#last.set(about, Math.max(known, at));
  }
}
