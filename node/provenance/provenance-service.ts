// The provenance graph of a node: fed with every verified statement of every log, whatever policy thinks of it, so that a verdict can say
// why. It is made again from the logs at each start; only when what became known is kept on disk.

import { isZeroError } from '../../protocol/errors/index.ts';
import { factsOfStatement, type StatementFacts } from '../../protocol/provenance/index.ts';
import type { AgentStatement } from '../../protocol/statement/index.ts';
import type { Clock } from '../clock/index.ts';
import type { LogPosition } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Found } from '../statements/router.ts';
import { ProvenanceGraph } from './graph.ts';
import type { KeptFacts } from './kept-facts.ts';
import type { KnownTimes } from './known-times.ts';
import type { OwnIndex } from './own-index.ts';

export interface ProvenanceDeps {
  readonly known: KnownTimes;
  readonly index: OwnIndex;
  readonly origin: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Keeps the graph up to date. */
export class ProvenanceService {
  readonly graph = new ProvenanceGraph();
  readonly #deps: ProvenanceDeps;
  #isFull = false;

  constructor(deps: ProvenanceDeps) {
    this.#deps = deps;
  }

  /** False once statements were left out because the graph was full: answers are then not whole. */
  get isWhole(): boolean {
    return !this.#isFull;
  }

  /** Takes a verified statement of a log. */
  observe(statement: AgentStatement, { position, live }: Found): void {
    if (!this.graph.has(position.origin, position.index))
      this.#take(factsOfStatement(statement), position, live);
  }

  /** Takes what was said by statements whose bodies are gone. Call it once the logs are read; the index is whole from then on. */
  async restore(kept: KeptFacts): Promise<void> {
    for await (const { facts, position } of kept.all())
      if (!this.graph.has(position.origin, position.index)) this.#take(facts, position, false);
    this.#deps.index.replayed();
  }

  #take(facts: StatementFacts, position: Pick<LogPosition, 'origin' | 'index'>, live: boolean): void {
    const { clock, index, known, log, origin } = this.#deps;
    const now = clock.now();
    if (live) known.note(position.origin, position.index, now);
    // A journal that does not reach back so far leaves the statement's own word, which cannot be later than now.
    const knownAt = live ? now : (known.of(position.origin, position.index) ?? Math.min(facts.issuedAt, now));
    try {
      this.graph.add(facts, { origin: position.origin, index: position.index, knownAt });
    } catch (error) {
      if (!isZeroError(error)) throw error;
      if (!this.#isFull) log.error({ ...this.graph.size }, 'the provenance graph is full');
      this.#isFull = true;
    }
    if (position.origin === origin) index.add(facts, position);
  }
}
