// What may be let go. Every statement is required unless its predicate type is named as ephemeral; of an ephemeral one only the body goes,
// when it is old, and only after enough other nodes have proven in that moment that they hold it. Records, hashes and heads always stay,
// and what the statement said in the provenance graph, so that everything that was proven stays provable.

import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { factsOfStatement } from '../../protocol/provenance/index.ts';
import { type AgentStatement, IMPORT_PREDICATE, SEALED_PREDICATE } from '../../protocol/statement/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Config } from '../config/index.ts';
import type { LogStore } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { KeptFacts } from '../provenance/kept-facts.ts';
import type { StatementRouter } from '../statements/router.ts';
import type { Copies } from './copies.ts';

/** Pause between two rounds. */
const ROUND_MS = 600_000;
/** Entries looked at in one round, and bodies let go: each of the latter asks other nodes. */
const LOOKED_MAX = 2_000;
const EVICTED_MAX = 64;
const DAY_MS = 86_400_000;
/** Statements of ours that a node can do without once they were handed on; it needs the others to know its own state after a restart. */
const SPARABLE: ReadonlySet<string> = new Set([IMPORT_PREDICATE, SEALED_PREDICATE]);
const OWN = 'https://zerostate.dev/';

export type RetentionClass = 'required' | 'ephemeral';

/** The class of a statement: by its predicate type, of an imported attestation also by that of the original. */
export function retentionClass(statement: AgentStatement, ephemeral: ReadonlySet<string>): RetentionClass {
  const { predicateType } = statement;
  const inner =
    predicateType === IMPORT_PREDICATE
      ? (statement.statement.predicate as { predicateType: string }).predicateType
      : predicateType;
  return ephemeral.has(predicateType) || ephemeral.has(inner) ? 'ephemeral' : 'required';
}

/** Refuses to let go what a node needs. Throws CONFIG_INVALID. */
export function checkEphemeral(types: readonly string[]): ReadonlySet<string> {
  for (const type of types)
    if (type.startsWith(OWN) && !SPARABLE.has(type))
      throw new ZeroError('CONFIG_INVALID', `logs.ephemeral: ${type} is always required`, {
        hint: `Of the network’s own statements only these may be let go: ${[...SPARABLE].join(', ')}`,
      });
  return new Set(types);
}

interface Old {
  readonly index: number;
  readonly statement: AgentStatement;
}

export interface RetentionDeps {
  readonly store: LogStore;
  readonly router: Pick<StatementRouter, 'read'>;
  readonly copies: Pick<Copies, 'confirm'>;
  readonly facts: Pick<KeptFacts, 'keep'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly config: Pick<Config['logs'], 'ephemeral' | 'ephemeralDays' | 'copies'>;
}

/** Lets old ephemeral bodies go. */
export class Retention {
  readonly #deps: RetentionDeps;
  readonly #ephemeral: ReadonlySet<string>;
  /** Where the next look at a log begins. */
  readonly #cursors = new Map<string, number>();
  #cancel: () => void = () => {};
  #stopped = false;

  /** Throws CONFIG_INVALID. */
  constructor(deps: RetentionDeps) {
    this.#deps = deps;
    this.#ephemeral = checkEphemeral(deps.config.ephemeral);
  }

  start(): void {
    if (this.#ephemeral.size === 0) return;
    const round = (): void => {
      void this.round()
        .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'retention failed'))
        .finally(() => {
          if (!this.#stopped) this.#cancel = this.#deps.clock.after(ROUND_MS, round);
        });
    };
    this.#cancel = this.#deps.clock.after(ROUND_MS, round);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Looks at the next entries of every log. Answers how many bodies were let go. */
  async round(): Promise<number> {
    let looked = 0;
    let evicted = 0;
    for (const { origin, size } of this.#deps.store.states()) {
      const from = (this.#cursors.get(origin) ?? 0) % Math.max(1, size);
      const to = Math.min(size, from + LOOKED_MAX - looked);
      looked += to - from;
      for (const { index, statement } of await this.#old(origin, from, to))
        if (evicted < EVICTED_MAX) evicted += Number(await this.#evict(origin, index, statement));
      this.#cursors.set(origin, to);
      if (looked >= LOOKED_MAX || this.#stopped) break;
    }
    return evicted;
  }

  /** Entries whose body is ephemeral and old. */
  async #old(origin: string, from: number, to: number): Promise<Old[]> {
    const { clock, config, router, store } = this.#deps;
    const before = clock.now() - config.ephemeralDays * DAY_MS;
    const found: Old[] = [];
    try {
      for await (const { body, index } of store.entries(origin, from, to)) {
        const { statement: readable } = body === null ? { statement: undefined } : router.read(body);
        if (readable?.kind !== 'statement') continue;
        const { statement } = readable;
        if (retentionClass(statement, this.#ephemeral) === 'required') continue;
        if (Date.parse(statement.statement.predicate.issuedAt) < before) found.push({ index, statement });
      }
    } catch (error) {
      if (!isZeroError(error)) throw error;
      this.#deps.log.warn({ origin, err: error }, 'a log cannot be read whole: nothing of it is let go');
      return [];
    }
    return found;
  }

  async #evict(origin: string, index: number, statement: AgentStatement): Promise<boolean> {
    const { config, copies, facts, log, metrics, store } = this.#deps;
    const proven = await copies.confirm(origin, index, config.copies);
    if (proven.copies.length < config.copies) {
      metrics.count('zerostate_log_evictions_refused_total');
      return false;
    }
    await facts.keep({ origin, index }, factsOfStatement(statement));
    await store.evict(origin, index);
    metrics.count('zerostate_log_evicted_total');
    log.info({ origin, index, heldBy: proven.copies.map(({ peerId }) => peerId) }, 'a body was let go');
    return true;
  }
}
