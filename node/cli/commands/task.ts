// zerostate task: run a WASI module on a member that is found for it.

import type { Command } from 'commander';
import { fromBase64, fromUtf8 } from '../../../protocol/bytes/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { TaskView } from '../../api/views.ts';
import { ApiClient } from '../client.ts';
import { plain, print, reportError, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { readTask } from '../task-file.ts';
import { followTask } from '../task-follow.ts';
import { endText, exitOfTask, statusText } from '../task-text.ts';
import { OWN_FILE, writeWhole } from '../write-file.ts';
import { agentOf } from './card.ts';
import { guildOf } from './guild.ts';

const WAIT_MS = 30_000;
/** Long-polls before giving up: 20 minutes, twice the longest task that a manifest may ask for. */
const ROUNDS_MAX = 40;

/** Flags that override what the task file says about its placement. */
interface PlaceFlags {
  redundancy?: string;
  ceiling?: string;
  deadline?: string;
  key?: string;
  member?: string[];
  guild?: string;
  as?: string;
}

interface RunFlags extends ClientFlags, PlaceFlags {
  receipt?: string | boolean;
  wait?: boolean;
}

/** The manifest with what the flags say. Throws USAGE. */
function placed(manifest: Record<string, unknown>, flags: PlaceFlags): Record<string, unknown> {
  const { as, ceiling, deadline, guild, key, member, redundancy } = flags;
  const price = ceiling === undefined ? undefined : /^([0-9]+) ?([A-Za-z0-9._-]+)$/.exec(ceiling);
  if (price === null)
    throw new ZeroError('USAGE', `${ceiling} is not an amount with its currency, for instance "500000 EUR"`);
  const number = (text: string, flag: string) => {
    const value = Number(text);
    if (!Number.isInteger(value)) throw new ZeroError('USAGE', `${flag} is not a whole number`);
    return value;
  };
  return {
    ...manifest,
    ...(redundancy === undefined ? {} : { redundancy: number(redundancy, '--redundancy') }),
    ...(price === undefined ? {} : { priceCeiling: { amount: price[1], currency: price[2] } }),
    ...(deadline === undefined ? {} : { deadlineSeconds: number(deadline, '--deadline') }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
    ...(member === undefined ? {} : { members: member }),
    ...(guild === undefined ? {} : { guild }),
    ...(as === undefined ? {} : { as }),
  };
}

export function registerTask(program: Command): void {
  const task = program.command('task').description('run WASI modules on members of the network');

  withTarget(
    task
      .command('run')
      .description('find a member, run the task there, check, countersign and keep the receipt')
      .argument('<file>', 'task file, for instance examples/tasks/word-count/task.yaml'),
  )
    .option('--redundancy <n>', 'run on so many independent members and compare')
    .option('--ceiling <amount>', 'the most for one run, in millionths, for instance "500000 EUR"')
    .option('--deadline <seconds>', 'what is delivered later is not paid')
    .option('--key <key>', 'idempotency key: the same key is the same task')
    .option('--member <agent...>', 'ask these agents and no other: agent id, its end, or the card’s name')
    .option('--as <agent>', 'the agent of this node that asks and pays (default: the first)')
    .option('--guild <guild>', 'ask the members of this guild only, by id or name')
    .option('--no-wait', 'answer as soon as the task is on disk')
    .option('--receipt <file>', 'where to write the receipt file (default: <task>-<id>.receipt.json)')
    .option('--no-receipt', 'do not write a receipt file; the node keeps it all the same')
    .addHelpText(
      'after',
      `
Examples:
  $ zerostate task run examples/tasks/word-count/task.yaml
  $ zerostate task run task.yaml --redundancy 3 --json
  $ zerostate task run task.yaml --key build-1234 --no-wait && zerostate task status`,
    )
    .action(async (file: string, flags: RunFlags) => {
      await runAction(flags, async () => runTask(file, flags));
    });

  withTarget(
    task
      .command('status')
      .description('how a task stands: its members, attempts, receipts and why')
      .argument('[task]', 'task id, or an end of it (default: the newest)'),
  ).action(async (id: string | undefined, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<TaskView>(`/v1/tasks/${await taskId(client, id)}`), statusText);
    });
  });

  withTarget(
    task
      .command('logs')
      .description('what a task wrote to standard output and standard error')
      .argument('[task]', 'task id, or an end of it (default: the newest)')
      .option('--follow', 'show it while the task runs, as its member says, until the receipt confirms it'),
  ).action(async (id: string | undefined, flags: ClientFlags & { follow?: boolean }) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      if (flags.follow === true) return followTask(client, await taskId(client, id), flags);
      const view = await client.get<TaskView>(`/v1/tasks/${await taskId(client, id)}`);
      const text = { taskId: view.taskId, stdout: textOf(view.stdout), stderr: textOf(view.stderr) };
      print(flags, text, ({ stdout, stderr }) =>
        [plain(stdout).trimEnd(), ...(stderr === '' ? [] : [style.dim(plain(stderr).trimEnd())])].join('\n'),
      );
    });
  });

  withTarget(
    task
      .command('cancel')
      .description('cancel a task: its members are asked to stop and waited for')
      .argument('<task>', 'task id, or an end of it'),
  ).action(async (id: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const asked = await client.post<TaskView>(`/v1/tasks/${encodeURIComponent(id)}/cancel`, {});
      print(flags, asked.ended ? asked : await waitForEnd(client, asked.taskId), statusText);
    });
  });

  withTarget(
    task.command('history').alias('list').description('tasks that this node had run, newest first'),
  ).action(async (flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<{ tasks: TaskView[] }>('/v1/tasks'), ({ tasks }) =>
        table([
          ['TASK', 'NAME', 'STATE', 'STATUS', 'MEMBER', 'RUNS', 'MS'],
          ...tasks.map((view) => [
            view.taskId.slice(-12),
            plain(view.name),
            view.state,
            view.status ?? view.error?.code ?? '',
            plain(view.executorName ?? ''),
            String(view.attempts.length),
            String(view.tookMs ?? ''),
          ]),
        ]),
      );
    });
  });
}

/** The id given, or that of the newest task. Throws NOT_FOUND. */
async function taskId(client: ApiClient, id: string | undefined): Promise<string> {
  if (id !== undefined) return encodeURIComponent(id);
  const { tasks } = await client.get<{ tasks: TaskView[] }>('/v1/tasks');
  const [newest] = tasks;
  if (newest === undefined)
    throw new ZeroError('NOT_FOUND', 'this node has had no task run', {
      hint: 'Run one: zerostate task run examples/tasks/word-count/task.yaml',
    });
  return newest.taskId;
}

async function runTask(path: string, flags: RunFlags): Promise<void> {
  const client = await ApiClient.connect(flags);
  const { manifest, ...rest } = await readTask(path);
  const named = async (text: string) => await agentOf(client, text);
  const place: PlaceFlags = {
    ...flags,
    ...(flags.member === undefined ? {} : { member: await Promise.all(flags.member.map(named)) }),
    ...(flags.as === undefined ? {} : { as: await named(flags.as) }),
    ...(flags.guild === undefined ? {} : { guild: await guildOf(client, flags.guild) }),
  };
  const submitted = await client.post<TaskView>('/v1/tasks', { ...rest, manifest: placed(manifest, place) });
  if (flags.wait === false) {
    print(flags, submitted, ({ taskId }) => `task ${taskId}\nSee how it stands: zerostate task status`);
    return;
  }
  process.stderr.write(style.dim(`task ${submitted.taskId}: finding a member\n`));
  const done = await waitForEnd(client, submitted.taskId);
  // Only a task that no module ended has no status: then there is nothing to show but why.
  if (done.status === null && done.error !== null) {
    const { code, hint, message } = done.error;
    reportError(flags, new ZeroError(code as ConstructorParameters<typeof ZeroError>[0], message, { hint }));
    process.exitCode = exitOfTask(done);
    return;
  }
  const receiptFile = await writeReceipt(client, done, flags);
  process.stderr.write(fromUtf8(fromBase64(done.stderr)));
  print(flags, { ...done, stdoutText: textOf(done.stdout), receiptFile }, (view) =>
    [
      plain(view.stdoutText).trimEnd(),
      '',
      endText(view),
      `member   ${plain(view.executorName ?? '')}  ${view.executor}`,
      ...(view.outcome === null ? [] : [`runs     ${view.attempts.length} compared: ${view.outcome}`]),
      ...view.tried.map((tried) => `tried    ${plain(tried.name)}: ${plain(tried.error)}`),
      `receipt  ${view.receiptId ?? 'none: an end of this kind is not signed'}`,
      ...(receiptFile === null
        ? []
        : [`         ${receiptFile}`, '', `Check it: zerostate receipt verify ${receiptFile}`]),
    ].join('\n'),
  );
  process.exitCode = exitOfTask(done);
  if (done.state !== 'completed' || done.status !== 'OK') {
    const how = done.state === 'completed' ? `${done.state} with ${done.status}` : done.state;
    const why = done.error === null ? '' : `: ${plain(done.error.message)}`;
    const hint = done.error === null ? '' : `  ${plain(done.error.hint)}\n`;
    process.stderr.write(`${style.red('error')}: the task ended ${how}${why} [TASK_FAILED]\n${hint}`);
  }
}

export async function waitForEnd(client: ApiClient, taskId: string): Promise<TaskView> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const view = await client.get<TaskView>(`/v1/tasks/${taskId}?waitMs=${WAIT_MS}`);
    if (view.ended) return view;
  }
  throw new ZeroError('PEER_UNREACHABLE', `task ${taskId} has not ended`);
}

async function writeReceipt(
  client: ApiClient,
  task: TaskView,
  flags: { receipt?: string | boolean },
): Promise<string | null> {
  if (task.receiptId === null || flags.receipt === false) return null;
  const path =
    typeof flags.receipt === 'string' ? flags.receipt : `${task.name}-${task.taskId.slice(-8)}.receipt.json`;
  const file = await client.get<object>(`/v1/receipts/${task.receiptId}`);
  await writeWhole(path, `${JSON.stringify(file, null, 2)}\n`, OWN_FILE);
  return path;
}

function textOf(base64: string): string {
  return new TextDecoder().decode(fromBase64(base64));
}
