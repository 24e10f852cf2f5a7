// Who is believed: agents work for each other, some praise each other for nothing, and honest agents judge everybody with the
// protocol's own book and assessment. Statements count as verified: signatures are checked elsewhere in a run.

import { resultDigest } from '../../protocol/receipt/index.ts';
import { assess, EvidenceBook } from '../../protocol/reputation/index.ts';
import {
  ACCEPTANCE_PREDICATE,
  type AgentStatement,
  RECEIPT_PREDICATE,
} from '../../protocol/statement/index.ts';
import { EPOCH_MS } from '../clock.ts';
import type { RandomStream } from '../random.ts';
import type { Ground } from './ground.ts';
import type { Role } from './role.ts';

/** Honest agents whose view is asked, and agents that each judges: an assessment is a maximum flow, some milliseconds. */
const VIEWS = 4;
const JUDGED_OF_A_KIND = 20;
/** Tasks that one rater claims to have accepted of another: just above what one word carries. */
const PRAISE_MAX = 4;
const DAY_MS = 86_400_000;
const UNIT = 1_000_000;

const digest = (n: number): string => `sha256:${n.toString(16).padStart(64, '0')}`;
const nameOf = (agent: number): string => `agent-${agent}`;

/** The deterministic part of a made-up receipt: job `n` with the result that everybody gets. */
function deterministic(n: number) {
  return {
    moduleDigest: digest(n),
    inputsDigest: digest(2),
    argsDigest: digest(3),
    envDigest: digest(4),
    stdinDigest: digest(5),
    scheduleId: 'schedule-1',
    rewriter: 'rewriter-1',
    abi: 'wasi-preview1/1',
    limits: { fuel: '1000000', memoryBytes: 1_048_576, stackBytes: 65_536, outputBytes: 65_536 },
    seed: '0'.repeat(64),
    clock: { origin: '0', step: '1000000' },
    result: {
      status: 'OK' as const,
      exitCode: 0,
      trap: null,
      fuel: '4242',
      stdoutDigest: digest(6),
      stderrDigest: digest(7),
      outputTreeDigest: digest(8),
    },
  };
}

class Market {
  readonly book = new EvidenceBook();
  #jobs = 0;
  #statements = 0;

  /** `requester` accepts a task of `executor` on a day. */
  accepted(executor: number, requester: number, day: number): void {
    const work = deterministic(++this.#jobs);
    const issuedAt = new Date(EPOCH_MS + day * DAY_MS).toISOString();
    const receipt = this.#offer(RECEIPT_PREDICATE, executor, {
      issuedAt,
      deterministic: work,
      observed: { requester: nameOf(requester) },
    });
    const said = { issuedAt, receipt, executor: nameOf(executor), resultDigest: resultDigest(work) };
    this.#offer(ACCEPTANCE_PREDICATE, requester, said);
  }

  #offer(predicateType: string, by: number, predicate: object): string {
    const id = `s${this.#statements++}`;
    const issuer = nameOf(by);
    const statement = { predicateType, issuer, id, statement: { predicate: { issuer, ...predicate } } };
    this.book.offer(statement as unknown as AgentStatement);
    return id;
  }
}

function some(agents: readonly number[], count: number, random: RandomStream): number[] {
  const left = [...agents];
  const drawn: number[] = [];
  while (drawn.length < count && left.length > 0) drawn.push(left.splice(random.below(left.length), 1)[0]!);
  return drawn;
}

/** Lets agents work and judge; answers the numbers, none when the scenario has no such work. */
export function judgeAgents(ground: Ground, roleOf: (node: number) => Role | undefined): [string, number][] {
  const spec = ground.scenario.workload.reputation;
  if (spec === undefined) return [];
  const count = Math.min(spec.agents, ground.nodes);
  const agents = Array.from({ length: count }, (_, agent) => agent);
  const honest = agents.filter((agent) => ground.cheats[agent] === 0);
  const cheats = agents.filter((agent) => ground.cheats[agent] === 1);
  if (honest.length < 2) return [];
  const random = ground.random('work');
  const market = new Market();
  const day = () => random.below(Math.max(1, spec.days));
  const pick = (from: readonly number[]): number => from[random.below(from.length)]!;
  let attackEdges = 0;
  for (let task = 0; task < spec.tasks; task++) {
    const isAttack = cheats.length > 0 && random.unit() < spec.attackShare;
    const requester = pick(honest);
    const executor = isAttack ? pick(cheats) : pick(honest);
    if (executor === requester) continue;
    if (isAttack) attackEdges += 1;
    market.accepted(executor, requester, day());
  }
  for (const cheat of cheats)
    for (const about of cheats) {
      if (about === cheat) continue;
      // One agent's word carries three units at most (EDGE_MAX): more would cost memory and change nothing.
      const praise = Math.min(PRAISE_MAX, roleOf(cheat)?.praise?.(about, 0) ?? 0);
      for (let n = 0; n < praise; n++) market.accepted(about, cheat, day());
    }
  return judged(ground, market.book, { honest, cheats, attackEdges, random });
}

function judged(
  ground: Ground,
  book: EvidenceBook,
  {
    attackEdges,
    cheats,
    honest,
    random,
  }: {
    readonly honest: readonly number[];
    readonly cheats: readonly number[];
    readonly attackEdges: number;
    readonly random: RandomStream;
  },
): [string, number][] {
  const { days, floor } = ground.scenario.workload.reputation!;
  const today = Math.floor(EPOCH_MS / DAY_MS) + days;
  const admitted = { honest: 0, cheats: 0 };
  const looked = { honest: 0, cheats: 0 };
  let best = 0;
  let counted = 0;
  for (const viewer of some(honest, VIEWS, random)) {
    const view = { own: [nameOf(viewer)], partners: [], day: today };
    for (const [kind, group] of [
      ['honest', honest],
      ['cheats', cheats],
    ] as const)
      for (const agent of some(group, JUDGED_OF_A_KIND, random)) {
        if (agent === viewer) continue;
        const { good, lower } = assess(book, view, nameOf(agent));
        looked[kind] += 1;
        if (lower >= floor * UNIT) admitted[kind] += 1;
        if (kind === 'honest') continue;
        best = Math.max(best, lower / UNIT);
        counted = Math.max(counted, good / UNIT);
      }
  }
  return [
    ['reputation.honest.admittedShare', admitted.honest / Math.max(1, looked.honest)],
    ['reputation.adversaries.admittedShare', admitted.cheats / Math.max(1, looked.cheats)],
    ['reputation.adversaries.bestLower', best],
    ['reputation.adversaries.counted', counted],
    ['reputation.adversaries.countedOfEarned', attackEdges === 0 ? counted : counted / attackEdges],
    ['reputation.attackEdges', attackEdges],
  ];
}
