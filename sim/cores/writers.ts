// Who writes what and when: statements, revocations and split views, all drawn before the run begins.

import { type Envelope, seedSigner, signEnvelope } from '../../protocol/envelope/index.ts';
import { type Ground, SECOND } from './ground.ts';

/** Events that one workload may draw. */
const EVENTS_MAX = 2_000_000;
/** Equivocators with a log of their own: every node keeps a place for each log. */
const EQUIVOCATORS_MAX = 64;
/** Between the first statements of two of them, in microseconds. */
const EQUIVOCATOR_PAUSE = 10_000;

/** What is to be written; times are microseconds. */
export interface Planned {
  readonly at: number;
  readonly kind: 'statement' | 'revocation' | 'fork';
  readonly log: number;
}

/** The plan of a run: which node writes which log, and when. */
export interface WritingPlan {
  /** Node of each log. Logs that fork come last, and their nodes are no honest ones. */
  readonly writers: readonly number[];
  readonly planned: readonly Planned[];
}

/** Arrival times of a Poisson process, in microseconds. */
export function poisson(
  ground: Ground,
  purpose: string,
  timing: { readonly perSecond: number; readonly fromSeconds: number; readonly forSeconds: number },
): number[] {
  const { forSeconds, fromSeconds, perSecond } = timing;
  const stream = ground.random(purpose);
  const times: number[] = [];
  if (perSecond === 0) return times;
  for (let at = stream.exponential(1 / perSecond); at < forSeconds; at += stream.exponential(1 / perSecond)) {
    if (times.push((fromSeconds + at) * SECOND) > EVENTS_MAX) break;
  }
  return times;
}

/** Draws writers among honest nodes, and what they write. */
export function planWriting(ground: Ground): WritingPlan {
  const { forks, revocations, statements } = ground.scenario.workload;
  const plain = Math.max(statements?.writers ?? 0, revocations?.count ?? 0);
  const forked = forks?.count ?? 0;
  const cheats = equivocators(ground);
  const writers = [...drawHonest(ground, plain + forked), ...cheats];
  const planned: Planned[] = [];
  if (statements !== undefined && statements.writers > 0) {
    const choice = ground.random('writers');
    for (const at of poisson(ground, 'statements', statements))
      planned.push({ at, kind: 'statement', log: choice.below(statements.writers) });
  }
  for (let n = 0; n < (revocations?.count ?? 0); n++)
    planned.push({
      at: (revocations!.fromSeconds + n * revocations!.everySeconds) * SECOND,
      kind: 'revocation',
      log: n,
    });
  for (let n = 0; n < forked; n++) {
    // Something must be held before it can be contradicted.
    const at = forks!.atSeconds * SECOND;
    planned.push({ at: at / 2, kind: 'statement', log: plain + n }, { at, kind: 'fork', log: plain + n });
  }
  // Each has said something before its role contradicts it.
  for (const n of cheats.keys())
    planned.push({ at: (n + 1) * EQUIVOCATOR_PAUSE, kind: 'statement', log: plain + forked + n });
  return { writers, planned: planned.sort((a, b) => a.at - b.at) };
}

/** Nodes whose role is to contradict themselves: each has a log of its own. */
function equivocators({ cheats, kindOf, scenario }: Ground): number[] {
  return [...cheats.keys()]
    .filter((node) => scenario.adversaries[kindOf[node]!]?.kind === 'equivocator')
    .slice(0, EQUIVOCATORS_MAX);
}

/** Distinct honest nodes; fewer when there are not so many. */
function drawHonest(ground: Ground, count: number): number[] {
  const honest = [...ground.cheats.keys()].filter((node) => ground.cheats[node] === 0);
  const stream = ground.random('writing nodes');
  const wanted = Math.min(count, honest.length);
  for (let at = 0; at < wanted; at++) {
    const other = at + stream.below(honest.length - at);
    [honest[at], honest[other]] = [honest[other]!, honest[at]!];
  }
  return Array.from({ length: count }, (_, n) => honest[n % Math.max(1, honest.length)] ?? 0);
}

/** Makes statements of a size, all signed by one key of the run: what they say does not matter here. */
export class StatementMaker {
  readonly #signer;
  readonly #bytes: number;
  #made = 0;

  constructor(ground: Ground) {
    this.#signer = seedSigner(ground.random('statement key').bytes(32));
    this.#bytes = ground.scenario.workload.statements?.bytes ?? 512;
  }

  make(): Envelope {
    const payload = new Uint8Array(Math.max(8, this.#bytes));
    new DataView(payload.buffer).setUint32(0, this.#made++);
    return signEnvelope({ payloadType: 'application/x-simulated', payload, signers: [this.#signer] });
  }
}
