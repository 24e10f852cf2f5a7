// A task's standing as text: runs, members and why, what happened when.

import type { TaskView } from '../api/views.ts';
import { plain, style, table } from './output.ts';

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
