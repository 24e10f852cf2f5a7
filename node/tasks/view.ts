// What the API shows of a task.

import { toBase64 } from '../../protocol/bytes/index.ts';
import { type ErrorCode, errorCodes } from '../../protocol/errors/index.ts';
import { isFinal } from '../../protocol/task/index.ts';
import type { TaskView } from '../api/views.ts';
import { rfc3339 } from '../clock/index.ts';
import type { TaskBook, TaskEntry } from './task-book.ts';
import { decodeTaskResponse, type TaskResponse } from './wire.ts';

/** Members shown with their ranking. */
const MEMBERS_SHOWN = 20;

/** The run that stands for the task: the first accepted, else the last that ended. */
function standing({ runs, task }: TaskEntry) {
  return runs.find(({ token }) => task.accepted.includes(token)) ?? runs.at(-1);
}

/** Why the agents that were found were not enough. */
function tooFew({ members, order, task }: TaskEntry): { message: string; hint: string } {
  const left = members.filter(({ refused }) => refused !== null);
  const fit = members.length - left.length;
  const wanted = Math.max(order.redundancy, task.wanted);
  const [first] = left;
  // What refuses an agent may begin with its name.
  const why = first?.refused?.startsWith(first.name) === true ? '' : `${first?.name} `;
  const counts = `${wanted} ${wanted === 1 ? 'agent is' : 'agents are'} wanted, ${members.length} found, ${fit} acceptable`;
  const failures = [...new Set(task.attempts.flatMap(({ error }) => error ?? []))];
  if (failures.length > 0)
    return {
      message: `${counts}; those that were asked failed with ${failures.join(', ')}`,
      hint: '`zerostate task status` says what each of them answered.',
    };
  return {
    message: counts + (first === undefined ? '' : `: ${why}${first.refused}`),
    hint:
      first?.refused?.startsWith('asks') === true
        ? 'Allow a price with --ceiling or priceCeiling in the task file, or see all reasons with `zerostate task status`.'
        : `${wanted === 1 ? 'Describe' : 'Ask for fewer with --redundancy, describe'} the capability in wider words, or name agents with --member; \`zerostate task status\` has all reasons.`,
  };
}

function errorOf(entry: TaskEntry): TaskView['error'] {
  const { members, task, timeline } = entry;
  if (task.error === null) return null;
  const code = (Object.hasOwn(errorCodes, task.error) ? task.error : 'INTERNAL') as ErrorCode;
  const { summary, remedy } = errorCodes[code];
  if (code === 'NO_MEMBER' && members.length > 0) return { code, ...tooFew(entry) };
  // What a member said last is nearer to the cause than the code's own text.
  const said = timeline.findLast(({ what }) => / (?:[A-Z_]{4,}|cannot be asked): /.test(what))?.what;
  return { code, message: said === undefined ? summary : `${summary} ${said}`, hint: remedy };
}

/** The output of a task's run, from disk. */
export async function outputOf(book: TaskBook, entry: TaskEntry): Promise<TaskResponse | undefined> {
  const run = standing(entry);
  const bytes = run === undefined ? undefined : await book.answer(entry.taskId, run.token);
  return bytes === undefined ? undefined : decodeTaskResponse(bytes);
}

/** The view of a task; with `output`, what its module wrote. */
export function viewOf(entry: TaskEntry, output?: TaskResponse): TaskView {
  const { members, order, runs, settled, task, timeline } = entry;
  const run = standing(entry);
  const nameOf = (agentId: string) => members.find((member) => member.agentId === agentId)?.name ?? '';
  const current = run ?? task.attempts.findLast(({ state }) => state === 'asked');
  return {
    taskId: entry.taskId,
    name: entry.name,
    state: task.phase,
    ended: isFinal(task.phase),
    status: run?.status ?? null,
    exitCode: run?.exitCode ?? null,
    fuel: run?.fuel ?? null,
    executor: current?.agentId ?? null,
    executorName: current === undefined ? null : nameOf(current.agentId),
    stdout: toBase64(output?.stdout ?? new Uint8Array()),
    stderr: toBase64(output?.stderr ?? new Uint8Array()),
    outputs: Object.fromEntries(
      Object.entries(output?.outputs ?? {}).map(([path, bytes]) => [path, toBase64(bytes)]),
    ),
    receiptId: run?.receiptId ?? null,
    error: errorOf(entry),
    tried: task.attempts
      .filter(({ error }) => error !== null)
      .map(({ agentId, error }) => ({ agentId, name: nameOf(agentId), error: error ?? '' })),
    why: [...(members.find(({ agentId }) => agentId === current?.agentId)?.reasons ?? [])],
    redundancy: order.redundancy,
    outcome: task.outcome,
    comparison: entry.comparison,
    attempts: task.attempts.map(({ token, agentId, state, error }) => {
      const ended = runs.find((one) => one.token === token);
      return {
        token,
        agentId,
        name: nameOf(agentId),
        state,
        error,
        status: ended?.status ?? null,
        fuel: ended?.fuel ?? null,
        receiptId: ended?.receiptId ?? null,
        owed: ended?.owed ?? null,
        accepted: task.accepted.includes(token),
        settled: settled.includes(token),
      };
    }),
    members: members.slice(0, MEMBERS_SHOWN).map((member) => ({
      agentId: member.agentId,
      name: member.name,
      region: member.region,
      score: member.score,
      refused: member.refused,
      terms: [...member.terms],
    })),
    timeline: timeline.map(({ at, what }) => ({ at: new Date(at).toISOString(), what })),
    deadline: rfc3339(task.deadlineMs),
    submittedAt: rfc3339(entry.submittedAt),
    tookMs: entry.endedAt === null ? null : entry.endedAt - entry.submittedAt,
  };
}
