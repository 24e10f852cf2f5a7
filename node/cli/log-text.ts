// What "zerostate log" says to people.

import type {
  AskedWitness,
  CheckpointRecord,
  DurabilityReport,
  WitnessQuorum,
} from '../log-service/index.ts';
import { plain, style, table } from './output.ts';

/** What GET /v1/log/witnesses answers. */
export interface WitnessesAnswer {
  readonly self: { readonly name: string; readonly cosigns: string; readonly logs: number };
  readonly policy: {
    readonly kind: WitnessQuorum['policy'];
    readonly required: number;
    readonly named: readonly string[];
    readonly text: string;
  };
  readonly head: CheckpointRecord | null;
  readonly witnessed: CheckpointRecord | null;
  readonly asked: readonly AskedWitness[];
}

/** A quorum in a few words. */
export function quorumText(quorum: WitnessQuorum): string {
  if (quorum.required === 0) return 'none asked for';
  const count = `${quorum.counted.length} of ${quorum.required} needed`;
  return quorum.reached ? `${count}, reached` : `${count}, NOT reached`;
}

/** A head in a line. */
export function headText({ size, witnesses }: CheckpointRecord, isForked: boolean): string {
  const forked = isForked ? style.red('; the log has FORKED: trust nothing of it') : '';
  return `size ${size}; witnesses: ${quorumText(witnesses)}${forked}`;
}

const POLICIES: Record<WitnessQuorum['policy'], string> = {
  named: 'the witnesses that the configuration names',
  peers: 'any known peer (a crowd of strangers can be one: name witnesses in logs.witnesses)',
  file: 'the witnesses of the policy file',
  none: 'no witnesses are asked for',
};

/** The state of the witnesses. */
export function witnessesText({ asked, head, policy, self, witnessed }: WitnessesAnswer): string {
  const lines = [
    `${style.bold('this node')}  cosigns for: ${self.cosigns}; ${self.logs} logs so far\n  ${self.name}`,
    `${style.bold('counts here')}  ${POLICIES[policy.kind]}`,
    head === null
      ? `${style.bold('own log')}  has no entry yet`
      : `${style.bold('own log')}  size ${head.size}: ${quorumText(head.witnesses)}`,
  ];
  if (witnessed !== null && witnessed.size !== head?.size)
    lines.push(`  newest head with a quorum: size ${witnessed.size}, as of ${witnessed.witnesses.asOf}`);
  if (asked.length > 0)
    lines.push(
      table([
        ['WITNESS', 'COSIGNED', 'ASKED', ''],
        ...asked.map(({ at, peerId, reason, size }) => [
          peerId,
          size === null ? '-' : String(size),
          new Date(at).toISOString().slice(0, 19),
          plain(reason),
        ]),
      ]),
    );
  return lines.join('\n');
}

/** What is durable where. */
export function copiesText({
  claim,
  copies,
  index,
  missing,
  reached,
  statementId,
}: DurabilityReport): string {
  return [
    `${reached ? style.green('as asked') : style.red('NOT as asked')}  entry ${index}  ${statementId}`,
    `  ${claim}`,
    ...copies.map(({ at, peerId }) => `  ${style.green('✓')} ${peerId} proved it at ${at}`),
    ...missing.map(({ peerId, reason }) => `  ${style.red('✗')} ${peerId}: ${plain(reason)}`),
  ].join('\n');
}
