// zerostate find: ranked agents for a need in plain words, each with the reasons.

import { type Command, InvalidArgumentError } from 'commander';
import type { FindAnswer, FindResult } from '../../find/find-service.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';

interface FindFlags extends ClientFlags {
  limit: number;
  explain?: boolean;
  region?: string;
  tag?: string[];
  reputation?: number;
}

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('not a positive whole number');
  return value;
}

/** A port; 0 takes a free one. */
export function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('not a port');
  return value;
}

export function registerFind(program: Command): void {
  const command = program
    .command('find')
    .description('find agents by meaning; each answer says why it was accepted')
    .argument('<words...>', 'what is needed, in plain words')
    .option('--limit <n>', 'answers at most', positiveInteger, 5)
    .option('--region <region>', 'only agents of this region')
    .option('--tag <tag...>', 'only agents with all of these tags')
    .option('--reputation <floor>', 'only agents with at least this lower bound of reputation, 0 to 1', share)
    .option('--explain', 'show the rejected too, with their reasons')
    .addHelpText(
      'after',
      '\nExamples:\n  $ zerostate find "turn scanned invoices into a spreadsheet"\n  $ zerostate find translate a contract --explain --json',
    );
  withTarget(command).action(async (words: string[], flags: FindFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const filter = {
        ...(flags.region === undefined ? {} : { region: flags.region }),
        ...(flags.tag === undefined ? {} : { tagsAll: flags.tag }),
        ...(flags.reputation === undefined ? {} : { reputationMin: flags.reputation }),
      };
      const answer = await client.post<FindAnswer>('/v1/find', {
        text: words.join(' '),
        limit: flags.limit,
        filter,
        explain: flags.explain === true,
      });
      print(flags, answer, (found) => render(found, flags.explain === true));
    });
  });
}

/** Reads a number from 0 to 1. */
function share(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('not a number from 0 to 1');
  return value;
}

function render(answer: FindAnswer, explain: boolean): string {
  const lines: string[] = [];
  if (answer.results.length === 0)
    lines.push('No acceptable agent was found.', explain ? '' : 'See the rejected ones with --explain.');
  answer.results.forEach((result, i) => {
    lines.push(...block(`${i + 1}.`, result, true), '');
  });
  if (explain && answer.rejected.length > 0) {
    lines.push(style.bold('Rejected'), '');
    for (const result of answer.rejected) lines.push(...block(style.red('✗'), result, false), '');
  }
  if (answer.decision !== undefined) lines.push(style.dim(`zerostate why ${answer.decision}`));
  if (answer.partial) lines.push(`Partial answer: no reply from ${plain(answer.missing.join(', '))}.`);
  lines.push(
    style.dim(`${answer.results.length} accepted, ${answer.rejected.length} rejected, ${answer.tookMs} ms`),
  );
  return lines.join('\n');
}

function block(mark: string, result: FindResult, accepted: boolean): string[] {
  const head = `${mark} ${style.bold(plain(result.name || result.agentId))}  ${result.score.toFixed(3)}  ${plain(result.region)}`;
  const reasons = result.reasons
    .filter((reason) => accepted || !reason.ok)
    .map(
      (reason) =>
        `     ${reason.ok ? style.green('✓') : style.red('✗')} ${reason.check}: ${plain(reason.detail)}`,
    );
  return [head, `   ${plain(result.description)}`, `   ${style.dim(result.agentId)}`, ...reasons];
}
