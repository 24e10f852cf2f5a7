// Which witnesses of a policy vouch for a head, and whether they are enough: for people, who want to see how far a log is from its
// quorum, and for whoever collects cosignatures. applyPolicy decides; this explains.

import { isZeroError } from '../errors/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readCosignature } from './cosignature.ts';
import { formatSignatureLine, formatVerifierKey, type NoteKey, signaturesOf } from './note.ts';
import { CLOCK_SKEW_SECONDS_MAX, type LogPolicy, vouchedTime } from './policy.ts';

/** Name of the group in policies that ask for some of a list of witnesses. */
const GROUP = 'quorum';

/** What a policy finds in the cosignatures of a head. */
export interface WitnessFinding {
  /** Witnesses that the policy knows, and how many of them it asks for; 0 when it asks for none. */
  readonly known: number;
  readonly required: number;
  /** Those that vouch, by the name in their signature line. */
  readonly counted: readonly { readonly name: string; readonly timeSeconds: number }[];
  readonly reached: boolean;
  /** Time to which a quorum vouches, in POSIX seconds; null without a quorum, or when none is asked for. */
  readonly asOfSeconds: number | null;
}

/** A policy that takes any node's log under `threshold` of these witnesses; 0 asks for none. */
export function quorumPolicy(witnesses: readonly NoteKey[], threshold: number): LogPolicy {
  const named = new Map(witnesses.map((key) => [key.name, key]));
  const groups = new Map([[GROUP, { threshold, members: [...named.keys()] }]]);
  return { logs: [], witnesses: named, groups, quorum: threshold === 0 ? 'none' : GROUP };
}

/** Text of such a policy, in the form of C2SP tlog-policy, for verifiers elsewhere. `logs` are verifier keys of logs with their addresses. */
export function renderPolicy(
  logs: readonly { readonly key: NoteKey; readonly url?: string }[],
  witnesses: readonly NoteKey[],
  threshold: number,
): string {
  const lines = [
    ...logs.map(({ key, url }) => `log ${formatVerifierKey(key)}${url === undefined ? '' : ` ${url}`}`),
    ...witnesses.map((key, i) => `witness w${i + 1} ${formatVerifierKey(key)}`),
  ];
  if (threshold === 0 || witnesses.length < threshold) return `${lines.join('\n')}\nquorum none\n`;
  const members = witnesses.map((_, i) => `w${i + 1}`).join(' ');
  return `${lines.join('\n')}\ngroup ${GROUP} ${threshold} ${members}\nquorum ${GROUP}\n`;
}

/** Counts. A cosignature that fails, or is dated ahead of `nowSeconds`, does not count; what it stands beside is judged all the same. */
export function findWitnesses(
  checkpoint: Checkpoint,
  policy: LogPolicy,
  time: { readonly nowSeconds: number; readonly maxAgeSeconds?: number },
): WitnessFinding {
  const times = new Map<string, number>();
  const counted: { name: string; timeSeconds: number }[] = [];
  for (const [alias, key] of policy.witnesses) {
    const found = cosignatureOf(checkpoint, key);
    if (found === null || found > time.nowSeconds + CLOCK_SKEW_SECONDS_MAX) continue;
    if (time.maxAgeSeconds !== undefined && found < time.nowSeconds - time.maxAgeSeconds) continue;
    times.set(alias, found);
    counted.push({ name: key.name, timeSeconds: found });
  }
  const required = requiredOf(policy, policy.quorum);
  const asOf = required === 0 ? undefined : vouchedTime(policy, policy.quorum, times);
  return {
    known: policy.witnesses.size,
    required,
    counted,
    reached: required === 0 || asOf !== undefined,
    asOfSeconds: asOf ?? null,
  };
}

/** Signature lines of cosignatures by these keys that verify; each witness once, its newest. */
export function soundCosignatures(checkpoint: Checkpoint, keys: readonly NoteKey[]): string[] {
  return keys.flatMap((key) => {
    const lines = signaturesOf({ text: checkpoint.body, signatures: checkpoint.signatures }, key);
    const sound = lines
      .map((line) => ({ line, time: cosignatureOf({ ...checkpoint, signatures: [line] }, key) }))
      .filter(({ time }) => time !== null)
      .sort((a, b) => b.time! - a.time!);
    return sound.slice(0, 1).map(({ line }) => formatSignatureLine(key, line.signature));
  });
}

function cosignatureOf(checkpoint: Checkpoint, key: NoteKey): number | null {
  try {
    return readCosignature(checkpoint, key)?.timeSeconds ?? null;
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return null;
  }
}

/** Fewest witnesses that satisfy a name. */
function requiredOf(policy: LogPolicy, name: string): number {
  if (name === 'none') return 0;
  const group = policy.groups.get(name);
  if (group === undefined) return 1;
  const each = group.members.map((member) => requiredOf(policy, member)).sort((a, b) => a - b);
  // A list that is still too short for its threshold.
  while (each.length < group.threshold) each.push(1);
  return each.slice(0, group.threshold).reduce((sum, n) => sum + n, 0);
}
