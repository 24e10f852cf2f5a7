// Replays a capsule on this machine, without a node: decisions by the policies in it or by others, tasks in the sandbox, simulations by
// whoever can run them. Says what came out otherwise, term by term.

import {
  type Capsule,
  type DecisionReplay,
  type Others,
  type ReplayedTerm,
  receiptFileOf,
  replayCapsuleDecisions,
  replayRanking,
} from '../../protocol/capsule/index.ts';
import { envelopeFromJson } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonValue } from '../../protocol/json/index.ts';
import { decisionId, policyFilesId, readDecisionForm } from '../../protocol/policy/index.ts';
import { verifyReceipt } from '../../protocol/receipt/index.ts';
import { partsOf, type ReceiptFile } from '../receipts/receipt-file.ts';
import type { ReceiptDifference } from '../receipts/replay.ts';
import { readPolicies } from './policy-files.ts';

/** What a simulation came to. */
export interface SimulationOutcome {
  readonly traceHash: string;
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}

/**
 * Runs a scenario (JSON of a stranger) with a seed to its end; one of many nodes only where the person said so (`large`). Given by the
 * simulator, which this room does not know.
 */
export type SimulationReplayer = (
  scenario: unknown,
  seed: number,
  options: { readonly large: boolean },
) => Promise<SimulationOutcome>;

/** What a replay came to. */
export interface CapsuleReplay {
  readonly incident: Capsule['incident'];
  readonly id: string;
  /** True when all that could be replayed has the bytes of the capsule. */
  readonly same: boolean;
  /** By which policies: null for the capsule's own. */
  readonly policy: string | null;
  readonly decisions: readonly DecisionReplay[];
  readonly runs: readonly { readonly receipt: string; readonly differences: readonly ReceiptDifference[] }[];
  /** The choice of members, made again; null where the capsule holds none. */
  readonly ranking: { readonly members: number; readonly differences: readonly ReplayedTerm[] } | null;
  readonly simulation: { readonly seed: number; readonly differences: readonly ReceiptDifference[] } | null;
  /** What could not be replayed, or was replayed though nothing binds it, and why. Where there is any, "the same" is said of the rest alone. */
  readonly left: readonly string[];
}

async function othersOf(path: string): Promise<Others> {
  const { files } = await readPolicies(path);
  const { readCedar } = await import('../policy/cedar.ts');
  return { id: policyFilesId(files), policies: readCedar(files) };
}

async function replayDecisions(capsule: Capsule, policy: string | undefined): Promise<DecisionReplay[]> {
  if (capsule.decisions.length === 0) return [];
  const { readCedar } = await import('../policy/cedar.ts');
  const others = policy === undefined ? undefined : await othersOf(policy);
  return replayCapsuleDecisions(capsule, ({ files }) => readCedar(files), others);
}

async function replayRuns(capsule: Capsule, left: string[]): Promise<CapsuleReplay['runs']> {
  const files = capsule.receipts.map((one) => receiptFileOf(capsule, one) as unknown as ReceiptFile);
  const whole = files.filter(({ inputs }) => inputs !== undefined);
  if (whole.length < files.length)
    left.push(`${files.length - whole.length} runs: what they were given is not in the capsule`);
  if (whole.length === 0) return [];
  const { createRunner } = await import('../../wasm-runner/index.ts');
  const { replayTask } = await import('../receipts/replay.ts');
  const runner = await createRunner();
  try {
    const runs: CapsuleReplay['runs'][number][] = [];
    for (const { inputs, receipt } of whole) {
      const { id, receipt: said } = verifyReceipt(envelopeFromJson(receipt as unknown as JsonValue));
      const { differences } = await replayTask(runner, partsOf(inputs!), said.deterministic);
      runs.push({ receipt: id, differences });
    }
    return runs;
  } finally {
    await runner.close();
  }
}

async function replaySimulation(
  { simulation }: Capsule,
  run: SimulationReplayer | undefined,
  large: boolean,
): Promise<CapsuleReplay['simulation']> {
  if (simulation === null) return null;
  if (run === undefined) throw new ZeroError('USAGE', 'this program has no simulator');
  const { checks, scenario, seed, traceHash } = simulation;
  const now = await run(scenario, seed, { large });
  const words = (list: SimulationOutcome['checks']) =>
    Object.fromEntries(list.map(({ name, ok }) => [name, ok ? 'holds' : 'is broken']));
  const [before, after] = [words(checks), words(now.checks)];
  const terms = [...new Set([...Object.keys(before), ...Object.keys(after)])].map((term) => ({
    term,
    was: before[term] ?? 'not checked',
    now: after[term] ?? 'not checked',
  }));
  const all = [{ term: 'trace', was: traceHash, now: now.traceHash }, ...terms];
  return { seed, differences: all.filter(({ now: is, was }) => is !== was) };
}

/** What a capsule does not hold, or holds without anything that binds it. */
function missingIn({ absent, decisions, incident, receipts, redacted }: Capsule): string[] {
  const left: string[] = [];
  if (absent.length > 0)
    left.push(`${absent.length} originals that decisions cite, which are absent: ${absent.join(' ')}`);
  decisions.forEach(({ id, record }, i) => {
    if (
      redacted.some((path) => path.startsWith(`decisions/${i}/`)) &&
      decisionId(readDecisionForm(record)) !== id
    )
      left.push(
        `the decision ${id} as it was: its record was redacted, and its id binds no longer what is here`,
      );
  });
  if (incident === 'task' && receipts.length === 0)
    left.push('what the task computed: no receipt is in the capsule');
  return left;
}

/** Replays all of a capsule that was verified before. Throws what the engines throw. */
export async function replayCapsule(
  capsule: Capsule,
  options: {
    readonly policy?: string | undefined;
    readonly simulator?: SimulationReplayer | undefined;
    /** Also a simulation of very many nodes. */
    readonly large?: boolean | undefined;
  },
): Promise<CapsuleReplay> {
  const { incident, id } = capsule;
  const left = missingIn(capsule);
  const decisions = await replayDecisions(capsule, options.policy);
  // Other policies change nothing in what a module computes.
  const runs = options.policy === undefined ? await replayRuns(capsule, left) : [];
  const ranking =
    capsule.ranking === null || options.policy !== undefined
      ? null
      : { members: capsule.ranking.members.length, differences: replayRanking(capsule.ranking) };
  const simulation =
    options.policy === undefined
      ? await replaySimulation(capsule, options.simulator, options.large === true)
      : null;
  if (options.policy !== undefined && decisions.length === 0)
    throw new ZeroError('USAGE', 'the capsule holds no decision that other policies could make');
  if (decisions.length + runs.length === 0 && simulation === null && ranking === null)
    throw new ZeroError(
      'USAGE',
      `the capsule holds nothing that can be replayed${left.length === 0 ? '' : `: ${left.join('; ')}`}`,
    );
  const same =
    decisions.every((one) => one.same) &&
    runs.every(({ differences }) => differences.length === 0) &&
    (ranking?.differences.length ?? 0) === 0 &&
    (simulation?.differences.length ?? 0) === 0;
  return { incident, id, same, policy: options.policy ?? null, decisions, runs, ranking, simulation, left };
}
