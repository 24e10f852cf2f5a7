// Rows of a provenance answer as text. Every word of a stranger goes through plain().

import type { ProvenanceEndView, ProvenanceRowView } from '../provenance/view.ts';
import { plain, style } from './output.ts';

const UNIT = 1_000_000;
const WORDS: Readonly<Record<string, string>> = {
  'row-limit': 'there are more statements: raise --limit',
  'node-limit': 'there are more things: ask closer',
  'depth-limit': 'there is more further away: raise --depth',
  withheld: 'bodies are not shown here',
  'not-indexed': 'the newest statements are not proven yet: ask again',
  'unproven-origin': 'of other logs it is not proven that nothing is missing',
  aborted: 'the answer was cut off',
  'graph-full': 'statements were left out: the graph is full',
};

function short(id: string): string {
  const [algorithm, digest] = id.split(':');
  return digest === undefined ? plain(id) : `${plain(algorithm!)}:${plain(digest.slice(0, 16))}…`;
}

function verdictText({ reason, verdict }: ProvenanceRowView['verdict']): string {
  const word =
    verdict === 'accept'
      ? style.green(verdict)
      : verdict === 'reject'
        ? style.red(verdict)
        : style.bold(verdict);
  return `${word}  ${plain(reason)}`;
}

/** One statement; `full` with every edge and digest in full. */
export function rowText(row: ProvenanceRowView, full: boolean): string {
  const { asOf, counted, policy, reached, required } = row.witnesses;
  const says = Object.entries(row.says).filter(([name, value]) => name !== 'kind' && value !== '');
  const name = full ? plain : short;
  const witnesses =
    policy === 'none'
      ? 'no witness asked for'
      : `${counted} of ${required} witnesses${reached ? '' : ', no quorum'}`;
  const fresh =
    row.freshness === null
      ? ''
      : `, revocations ${row.freshness.state}${row.freshness.asOf === null ? '' : ` as of ${row.freshness.asOf}`}`;
  const kept =
    row.reputation === null
      ? ''
      : `, reputation ${row.reputation.status}, at least ${(row.reputation.lower / UNIT).toFixed(2)}`;
  return [
    `${style.bold(plain(row.says.kind ?? row.predicateType ?? 'withheld'))}  ${row.statementId}`,
    `  ${verdictText(row.verdict)}`,
    `  said by ${plain(row.issuer ?? '-')} at ${row.issuedAt ?? '-'}, known here since ${row.knownAt}${kept}`,
    `  entry ${row.index} of ${row.proof.treeSize} in ${plain(row.origin)}: included, ${witnesses}${asOf === null ? '' : ` as of ${asOf}`}${fresh}`,
    ...says.map(([what, value]) => `  ${what}: ${plain(value)}`),
    ...row.edges.map(({ from, relation, to }) => style.dim(`  ${name(from)} ${relation} ${name(to)}`)),
  ].join('\n');
}

/** The end of an answer. */
export function endText({ completeness, reasons, rows }: ProvenanceEndView): string {
  return [
    style.bold(rows === 1 ? '1 statement' : `${rows} statements`),
    ...reasons.map((reason) => `  ${WORDS[reason] ?? plain(reason)}`),
    ...completeness.map(({ complete, missing, origin, size, treeSize, unlisted }) =>
      complete
        ? `  ${style.green('complete')}  entries 0 to ${size} of ${treeSize} of ${plain(origin)}`
        : `  ${style.red('INCOMPLETE')}  ${plain(origin)}: entries missing ${missing.join(' ') || '-'}, not listed ${unlisted.join(' ') || '-'}`,
    ),
  ].join('\n');
}
