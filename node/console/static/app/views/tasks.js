// The tasks view: what this node had run for its agents, and each task from the find that chose its members to its settlement.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { clean, digits, duration, fromMicro, shorten } from '../format.js';
import {
  badge,
  checkList,
  codeBlock,
  fields,
  identifier,
  runBadge,
  section,
  text,
  when,
} from '../parts/bits.js';
import { mountMaster } from '../parts/master.js';
import { plainTable } from '../parts/plain-table.js';
import { emptyState, fillFrom, loadingState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** Characters of output that are shown; the rest is in the receipt file. */
const OUTPUT_CHARS_MAX = 4000;

/**
 * @typedef {{ token: number, agentId: string, name: string, state: string, error: string | null, status: string | null, fuel: string | null,
 *   receiptId: string | null, owed: { amount: string, currency: string } | null, accepted: boolean, settled: boolean }} Attempt
 * @typedef {{ agentId: string, name: string, region: string, score: number, refused: string | null,
 *   terms: { term: string, points: number, detail: string }[] }} Member
 * @typedef {{ taskId: string, name: string, state: string, ended: boolean, status: string | null, exitCode: number | null, fuel: string | null,
 *   executor: string | null, executorName: string | null, stdout: string, stderr: string, receiptId: string | null,
 *   error: null | { code: string, message: string, hint: string }, why: import('../api.js').Reason[], redundancy: number,
 *   outcome: string | null, comparison: string | null, attempts: Attempt[], members: Member[], timeline: { at: string, what: string }[],
 *   deadline: string, submittedAt: string, tookMs: number | null }} TaskView
 */

/** @param {TaskView} task */
function stateBadge(task) {
  if (!task.ended) return badge('plain', task.state);
  return badge(task.state === 'completed' ? 'ok' : 'bad', task.state);
}

/** @param {number | null} ms */
const took = (ms) => (ms === null ? '–' : duration(ms / 1000));

/** @param {import('../main.js').Context} ctx */
export function mountTasks(ctx) {
  return mountMaster(ctx, {
    segment: 'tasks',
    title: 'Tasks',
    intro: 'What this node had run, from the find that chose the member to the settlement.',
    noun: 'task',
    what: 'tasks',
    source: { path: '/v1/tasks', list: 'tasks', key: 'taskId', fixed: { brief: 'true' } },
    events: ['tasks'],
    table: {
      name: 'tasks',
      label: 'Tasks',
      key: (/** @type {TaskView} */ task) => task.taskId,
      columns: [
        {
          id: 'name',
          title: 'Task',
          cell: (task) => [
            h('strong', null, text(task.name || 'unnamed', 80)),
            h('span', { class: 'sub' }, h('code', null, shorten(task.taskId, 14, 6))),
          ],
        },
        { id: 'member', title: 'Member', cell: (task) => text(task.executorName || '–', 60) },
        {
          id: 'runs',
          title: 'Runs',
          numeric: true,
          cell: (task) => `${task.attempts.length} of ${task.redundancy}`,
        },
        { id: 'took', title: 'Took', numeric: true, cell: (task) => took(task.tookMs) },
        { id: 'at', title: 'Submitted', cell: (task) => when(task.submittedAt) },
        { id: 'state', title: 'State', cell: stateBadge },
      ],
    },
    filters: [
      {
        id: 'q',
        kind: 'text',
        label: 'Filter the tasks by words',
        placeholder: 'Filter by name, state or id',
      },
      {
        id: 'state',
        kind: 'tabs',
        label: 'State',
        options: ({ open, total }) => [
          { value: '', label: 'All', count: total },
          { value: 'open', label: 'Open', count: open },
          { value: 'ended', label: 'Ended', count: total - open },
        ],
      },
    ],
    none: () =>
      emptyState(
        'This node had nothing run yet.',
        'Run the example with ',
        h('code', null, 'zerostate task run examples/tasks/word-count/task.yaml'),
        '.',
      ),
    detail: (_id, task) => taskDetail(task),
    missing: (id) =>
      h(
        'div',
        { class: 'detail' },
        h('h2', { tabindex: '-1' }, 'This task is not one of this node'),
        h('p', null, identifier(id, 'task id')),
        h('p', null, 'A node keeps the tasks that it submitted; of others it knows the receipts.'),
      ),
  });
}

/** @param {TaskView} row as the list has it */
function taskDetail(row) {
  const content = h('div', { class: 'detail' }, loadingState('the task'));
  void fillFrom(content, async () =>
    taskSections(/** @type {TaskView} */ (await apiGet(`/v1/tasks/${encodeURIComponent(row.taskId)}`))),
  );
  return h(
    'article',
    { class: 'detail' },
    h(
      'div',
      { class: 'detail-title' },
      h('h2', { tabindex: '-1' }, text(row.name || 'unnamed', 120)),
      stateBadge(row),
    ),
    content,
  );
}

/** @param {TaskView} task */
function taskSections(task) {
  return [
    task.error
      ? h(
          'p',
          { class: 'note note-bad' },
          h(
            'span',
            null,
            text(task.error.message, 400),
            ' ',
            text(task.error.hint, 400),
            ' ',
            h('code', null, clean(task.error.code, 60)),
          ),
        )
      : null,
    fields([
      ['Task', identifier(task.taskId, 'task id')],
      ['Submitted', when(task.submittedAt)],
      ['Took', took(task.tookMs)],
      task.ended ? null : ['Deadline', when(task.deadline)],
      task.executor
        ? [
            'Run by',
            h(
              'a',
              { href: routeTo(['trust', task.executor]) },
              text(task.executorName || shorten(task.executor), 80),
            ),
          ]
        : null,
      task.fuel === null ? null : ['Fuel', digits(task.fuel)],
      task.exitCode === null ? null : ['Exit code', String(task.exitCode)],
      task.outcome === null ? null : ['Runs came to', clean(task.outcome, 40)],
      task.comparison === null
        ? null
        : [
            'Comparison',
            h(
              'a',
              { href: routeTo(['provenance', task.comparison]) },
              h('code', null, shorten(task.comparison, 12, 6)),
            ),
          ],
    ]),
    section('Timeline', timeline(task)),
    section(
      'Runs and settlement',
      task.attempts.length === 0
        ? h('p', { class: 'muted' }, 'No member was asked yet.')
        : attemptTable(task.attempts),
    ),
    task.why.length === 0
      ? null
      : section(
          'Why this member was let through',
          checkList(task.why.map(({ check, detail, ok }) => ({ name: check, ok, detail }))),
        ),
    task.members.length === 0 ? null : section('Members as they were ranked', memberList(task.members)),
    output('Output', task.stdout),
    output('Errors', task.stderr),
  ];
}

/** Agents by their names, as far as they were ranked for this task. @param {string} what @param {TaskView} task */
const named = (what, task) =>
  what.replace(
    /zs:b[a-z2-7]{58}/g,
    (id) => task.members.find(({ agentId }) => agentId === id)?.name || shorten(id, 10, 6),
  );

/** @param {TaskView} task */
function timeline(task) {
  const start = Date.parse(task.timeline[0]?.at ?? task.submittedAt);
  return h(
    'ol',
    { class: 'timeline' },
    task.timeline.map(({ at, what }) =>
      h(
        'li',
        null,
        h('time', { datetime: at, title: at }, `+${duration(Math.max(0, Date.parse(at) - start) / 1000)}`),
        h('span', null, text(named(what, task), 300)),
      ),
    ),
  );
}

/** @param {Attempt[]} attempts */
function attemptTable(attempts) {
  return plainTable(
    'Runs of this task and how they were settled',
    [
      {
        title: 'Member and run',
        wide: true,
        cell: (one) => [
          h('a', { href: routeTo(['trust', one.agentId]) }, text(one.name || shorten(one.agentId), 60)),
          h(
            'span',
            { class: 'sub' },
            one.status === null ? text(one.error ?? one.state, 200) : runBadge(one.status),
          ),
        ],
      },
      {
        title: 'Receipt',
        cell: (one) =>
          one.receiptId === null
            ? '–'
            : h(
                'a',
                { href: routeTo(['receipts', one.receiptId]) },
                h('code', null, shorten(one.receiptId, 5, 5)),
              ),
      },
      {
        title: 'Settlement',
        cell: (one) => [
          one.settled ? badge('ok', 'settled') : one.accepted ? badge('warn', 'accepted, not settled') : '–',
          one.owed === null
            ? null
            : h(
                'span',
                { class: 'sub' },
                `${fromMicro(one.owed.amount)} ${clean(one.owed.currency, 12)} owed`,
              ),
        ],
      },
    ],
    attempts,
  );
}

/** @param {Member[]} members */
function memberList(members) {
  return h(
    'ol',
    { class: 'members' },
    members.map((member) =>
      h(
        'li',
        null,
        h(
          'details',
          { class: 'fold' },
          h(
            'summary',
            null,
            h('span', { class: 'member-name' }, text(member.name || shorten(member.agentId), 60)),
            member.refused === null
              ? h('span', { class: 'member-score' }, `${digits(member.score)} points`)
              : badge('bad', 'refused'),
          ),
          member.refused === null ? null : h('p', null, text(member.refused, 300)),
          member.terms.length === 0
            ? null
            : fields(
                member.terms.map(({ detail, points, term }) => [
                  clean(term, 40),
                  h(
                    'span',
                    null,
                    `${points > 0 ? '+' : ''}${points} `,
                    h('span', { class: 'muted' }, text(detail, 200)),
                  ),
                ]),
              ),
          h('p', null, h('a', { href: routeTo(['trust', member.agentId]) }, 'See its trust card')),
        ),
      ),
    ),
  );
}

/** @param {string} title @param {string} base64 */
function output(title, base64) {
  if (base64 === '') return null;
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
  const words = new TextDecoder().decode(bytes);
  return section(
    `${title}, ${digits(bytes.length)} bytes`,
    codeBlock(
      words.length > OUTPUT_CHARS_MAX ? `${words.slice(0, OUTPUT_CHARS_MAX)}…` : words,
      title.toLowerCase(),
    ),
  );
}
