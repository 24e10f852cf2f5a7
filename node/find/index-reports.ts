// What this node's agent says of an index that hides cards or makes up scores: an event about the agents that live on its node. And what
// reputation says of indexes in turn. Judges nothing itself.

import type { AgentId } from '../../protocol/identity/index.ts';
import { type Assessment, UNIT } from '../../protocol/reputation/index.ts';
import type { AgentStatement } from '../../protocol/statement/index.ts';
import type { Residents } from '../cards/residents.ts';
import { Reporter, type ReporterDeps } from '../reputation/index.ts';

/** Expected score below which an agent's index is asked last: three such events of one's own, and nothing good, are below it. */
const DISTRUSTED_SCORE = (UNIT * 3) / 10;

export interface IndexReportsDeps extends ReporterDeps {
  readonly residents: Pick<Residents, 'of'>;
  readonly assess: (agentId: AgentId) => Pick<Assessment, 'score' | 'status'>;
}

/** Reports on indexes. */
export class IndexReports {
  readonly #deps: IndexReportsDeps;
  readonly #reporter: Reporter;

  constructor(deps: IndexReportsDeps) {
    this.#deps = deps;
    this.#reporter = new Reporter('index-failed', deps);
  }

  /** Hears of statements, also at start: what was said today is not said again. */
  heard(statement: AgentStatement): void {
    this.#reporter.heard(statement);
  }

  /** True when reputation speaks against an agent that lives with this index. */
  isDistrusted(peerId: string): boolean {
    return this.#deps.residents.of(peerId).some((agentId) => {
      const { status, score } = this.#deps.assess(agentId);
      return status === 'slashed' || score < DISTRUSTED_SCORE;
    });
  }

  /** Says what an index did. Says nothing where either node has no agent. Never throws. */
  async report(peerId: string, what: string): Promise<void> {
    for (const agentId of this.#deps.residents.of(peerId))
      await this.#reporter.report(agentId, `index of node ${peerId}: ${what}`);
  }

  stop(): Promise<void> {
    return this.#reporter.stop();
  }
}
