// A task's standing as text: runs, members and why, what happened when.

import type { TaskView } from '../api/views.ts';
import { plain, style, table } from './output.ts';

/** Exit codes of commands that wait for a task's end: one for each end, beside those that all commands have. */
export const EXIT_OF_STATE: Readonly<Record<string, number>> = {
  completed: 0,
  trapped: 10,
  'out-of-fuel': 11,
  'out-of-memory': 12,
  'timed-out': 13,
  refused: 14,
  cancelled: 15,
  lost: 16,
};

/** The exit code for an ended task: a module that ended by itself, but not with success, has failed like any command. */
export function exitOfTask({ state, status }: Pick<TaskView, 'state' | 'status'>): number {
  if (state === 'completed' && status !== 'OK') return 1;
  return EXIT_OF_STATE[state] ?? 1;
}

/** How a task ended, in a line; where its end is not that of a run, the run is shown behind it. */
export function endText(view: TaskView): string {
  const { exitCode, fuel, state, status, tookMs } = view;
  const run = `exit ${exitCode ?? '-'}, fuel ${fuel ?? '-'}, ${tookMs} ms`;
  if (state === 'completed')
    return `${status === 'OK' ? style.green('OK') : style.red(status ?? '')}  ${run}`;
  return `${style.red(state)}  ${status === null ? `${tookMs} ms` : `its run ended with ${status}, ${run}`}`;
}

/** Members shown with the terms of their score. */
const MEMBERS_SHOWN = 5;

/** The text of `task status`. */
export function statusText(view: TaskView): string {
  const good = view.state === 'completed' ? style.green : view.ended ? style.red : style.dim;
  return [
    `${plain(view.name)}  ${view.taskId}`,
    `${good(view.state)}${view.status === null ? '' : `  ${view.status}, exit ${view.exitCode ?? '-'}, fuel ${view.fuel}`}${view.tookMs === null ? '' : `, ${view.tookMs} ms`}`,
    ...(view.error === null ? [] : [`${view.error.code}: ${plain(view.error.message)}`, view.error.hint]),
    ...(view.outcome === null ? [] : [`${view.redundancy} runs wanted: ${view.outcome}`]),
    '',
    table([
      ['RUN', 'MEMBER', 'STATE', 'END', 'FUEL', 'OWED', 'RECEIPT'],
      ...view.attempts.map((one) => [
        String(one.token),
        plain(one.name),
        one.settled ? 'settled' : one.accepted ? 'accepted' : one.state,
        one.status ?? one.error ?? '',
        one.fuel ?? '',
        one.owed === null ? '' : `${one.owed.amount} ${one.owed.currency}`,
        one.receiptId === null ? '' : one.receiptId.slice(-12),
      ]),
    ]),
    '',
    ...view.members
      .slice(0, MEMBERS_SHOWN)
      .map((one) =>
        one.refused === null
          ? `${String(one.score).padStart(4)}  ${plain(one.name)}: ${one.terms.map(({ term, points, detail }) => `${term} ${points} (${plain(detail)})`).join(', ')}`
          : `   -  ${plain(one.name)}: ${plain(one.refused)}`,
      ),
    '',
    ...view.timeline.map(({ at, what }) => style.dim(`${at}  ${plain(what)}`)),
  ].join('\n');
}
