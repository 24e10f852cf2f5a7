// The short report of a run in Markdown: what was run, on what, what held, the numbers, the claims, and how to see it again.

import type { TierId } from '../scenario/index.ts';
import { type Experiment, failures } from './experiment.ts';
import type { Summary } from './statistics.ts';

/** Four significant digits: more than ten seeds can tell apart. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const text = Math.abs(value) >= 10_000 ? value.toFixed(0) : value.toPrecision(4);
  return text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
}

/** '12.3 (11.9 to 12.7)'. */
export function withInterval({ high, low, mean, runs }: Summary): string {
  return runs < 2 || low === high ? digits(mean) : `${digits(mean)} (${digits(low)} to ${digits(high)})`;
}

/** The one command that shows a failure again. T0 goes by real time, and models have no state to look into: those are run anew. */
export function replayCommand(folder: string, seed: number, at: number, tier: TierId = 'T2'): string {
  if (tier === 'T0' || tier === 'T3')
    return `zerostate sim run ${folder}/scenario.yaml --seed ${seed} --seeds 1 --trace`;
  const until = at >= 0 ? ` --until ${Number(at.toFixed(6))}` : '';
  return `zerostate sim replay ${seed} --run ${folder}${until}`;
}

/** Comparisons of each node after the healing, with fewer of which a property of the end may only have lacked the time. */
const COMPARISONS_MIN = 10;

/** What to say of a liveness that broke when hardly any time was left for it; null when there was enough. */
export function shortOfTime(experiment: Experiment): string | null {
  const { network, protocol, seconds } = experiment.scenario;
  if (!failures(experiment).some(({ check }) => check.kind === 'liveness')) return null;
  const left = seconds - network.healSeconds;
  const every = protocol.antiEntropySeconds;
  if (network.healSeconds <= 0 || every <= 0 || left >= COMPARISONS_MIN * every) return null;
  return `${digits(left)} seconds are left after the healing, and a node compares every ${digits(every)} s: what has not arrived may only lack the time (--set seconds=${network.healSeconds + COMPARISONS_MIN * every})`;
}

/** Text of a scenario as one line in which nothing is markup: scenarios come from anybody. */
const plain = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[<>&|`[\]!*_#]/g, (char) => `&#${char.charCodeAt(0)};`);

/** The report; `pictures` are file names in the run's folder. */
export function reportText(experiment: Experiment, folder: string, pictures: readonly string[]): string {
  const { claims, fidelity, runs, scenario, summary, versions } = experiment;
  const { first, count } = scenario.seeds;
  const lines = [
    `# ${scenario.name}`,
    '',
    ...(scenario.summary === '' ? [] : [plain(scenario.summary), '']),
    `Tier ${scenario.tier}, ${scenario.topology.nodes} nodes, ${scenario.seconds} virtual seconds, seeds ${first} to ${first + count - 1}; zerostate ${versions.zerostate}, Node ${versions.node}.`,
    '',
    '## What held',
    '',
    '| property | kind | looked at | runs in which it held |',
    '| --- | --- | --- | --- |',
  ];
  for (const { kind, name } of runs[0]?.checks ?? []) {
    const all = runs.map(({ checks }) => checks.find((check) => check.name === name)!);
    const looked = all.reduce((sum, check) => sum + check.looked, 0);
    if (looked === 0) continue;
    lines.push(`| ${name} | ${kind} | ${looked} | ${all.filter(({ ok }) => ok).length} of ${all.length} |`);
  }
  const short = shortOfTime(experiment);
  if (short !== null) lines.push('', `Mind: ${short}.`);
  for (const { check, seed } of failures(experiment))
    lines.push(
      '',
      `Broken with seed ${seed}: ${check.detail}. \`${replayCommand(folder, seed, check.at, scenario.tier)}\``,
    );
  if (claims.length > 0) {
    lines.push('', '## Claims', '', '| claim | bound | got | |', '| --- | --- | --- | --- |');
    for (const { got, metric, ok, sign, text, value } of claims)
      lines.push(
        `| ${plain(text)} (${plain(metric)}) | ${sign} ${digits(value)} | ${got === null ? 'nothing' : withInterval(summary[metric]!)} | ${ok ? 'kept' : 'BROKEN'} |`,
      );
  }
  lines.push(
    '',
    '## Numbers',
    '',
    'Means over the seeds, with 95 % confidence intervals.',
    '',
    '| number | value |',
    '| --- | --- |',
  );
  for (const [name, value] of Object.entries(summary)) lines.push(`| ${name} | ${withInterval(value)} |`);
  if (pictures.length > 0) lines.push('', '## Plots', '', ...pictures.map((file) => `![${file}](${file})`));
  lines.push('', '## What is real', '', '| part | | how |', '| --- | --- | --- |');
  for (const { how, is, part } of fidelity) lines.push(`| ${part} | ${is} | ${how} |`);
  lines.push(
    '',
    '## Again',
    '',
    '```',
    `zerostate sim run ${folder}/scenario.yaml`,
    '```',
    '',
    scenario.tier === 'T0' ? 'These runs went by real time: no two are the same.' : 'Trace hashes:',
    '',
  );
  for (const { seed, traceHash } of runs)
    if (traceHash !== '') lines.push(`- seed ${seed}: \`${traceHash}\``);
  return `${lines.join('\n')}\n`;
}
