// MCP tools that run and verify: a task on a member of the network, and any signed file.

import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { fromBase64, fromUtf8 } from '../../../protocol/bytes/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { Report } from '../../../protocol/verify/index.ts';
import type { TaskView } from '../../api/views.ts';
import type { ApiClient } from '../client.ts';
import { readTask } from '../task-file.ts';
import { answer, STRANGERS, toolAction } from './result.ts';

/** One wait: below the time-outs of common proxies. */
const WAIT_MS = 5_000;
/** The longest wait of one call; a task that runs on is waited for with another. */
const WAIT_SECONDS_MAX = 600;
const any = z.record(z.string(), z.unknown());

/** Where the server runs: beside its user, or for callers who may be anywhere. */
export interface RunOptions {
  /** Files of this machine may be read. Never when others than its user can call. */
  readonly files: boolean;
}

interface Extra {
  readonly _meta?: { readonly progressToken?: string | number } | undefined;
  readonly signal: AbortSignal;
  sendNotification(notification: {
    method: 'notifications/progress';
    params: { progressToken: string | number; progress: number; message: string };
  }): Promise<void>;
}

export function registerRunTools(server: McpServer, client: ApiClient, options: RunOptions): void {
  /** Arguments that exist only where files may be read: elsewhere they are neither listed nor taken. */
  const withFiles = <T extends object>(shape: T): T => (options.files ? shape : ({} as T));
  const taskFile = z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe('path of a task file (YAML) on this machine; it names its module and inputs');
  const file = z.string().min(1).max(4_096).optional().describe('path of a file on this machine');
  server.registerTool(
    'run',
    {
      title: 'Run a task',
      description: `Run a WASI module on a member of the network that is found for it, in a sandbox with metered fuel. Answers what it wrote, who ran it, and a signed receipt that anyone can verify and replay. May cost what the price ceiling allows. Give ${options.files ? 'a taskFile, or ' : ''}manifest and module; or the id of a task to wait for. ${STRANGERS}`,
      inputSchema: {
        ...withFiles({ taskFile }),
        manifest: any
          .optional()
          .describe(
            'fields of a task file: name, capability (what the member must be able to do), args, env, limits, guild, members, redundancy, priceCeiling',
          ),
        module: z.string().optional().describe('the WASI module in base64'),
        stdin: z.string().default('').describe('standard input, as text'),
        inputs: z.record(z.string(), z.string()).default({}).describe('input files, as text'),
        task: z.string().min(1).max(128).optional().describe('id of a task that runs already'),
        waitSeconds: z.number().int().min(0).max(WAIT_SECONDS_MAX).default(60),
      },
      outputSchema: {
        taskId: z.string(),
        state: z.string(),
        ended: z.boolean(),
        stdout: z.string(),
        stderr: z.string(),
        receiptId: z.string().nullable(),
        executor: z.string().nullable(),
        fuel: z.string().nullable(),
        error: any.nullable(),
      },
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
    (args, extra) =>
      toolAction(async () => {
        const id = args.task ?? (await submit(client, args)).taskId;
        return taskAnswer(await waitFor(client, id, args.waitSeconds, extra as unknown as Extra));
      }),
  );

  server.registerTool(
    'verify',
    {
      title: 'Verify',
      description:
        'Verify a receipt, card, statement, checkpoint or proof: signatures, log inclusion, time. Give the id of a receipt that the node knows, or the content of a file.',
      inputSchema: {
        ...withFiles({ file }),
        receipt: z.string().min(1).max(128).optional().describe('receipt id or its end'),
        content: any.optional().describe('the file itself, as JSON'),
      },
      outputSchema: { ok: z.boolean(), kind: z.string(), checks: z.array(any) },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    (args) =>
      toolAction(async () => {
        const report = await client.post<Report>('/v1/verify', await contentOf(client, args));
        const { checks, kind, ok } = report;
        const lines = checks.map((check) => `  ${check.ok ? 'ok' : 'NO'} ${check.name}: ${check.detail}`);
        return answer([`${ok ? 'verified' : 'REFUSED'} (${kind})`, ...lines].join('\n'), {
          ok,
          kind,
          checks,
        });
      }),
  );
}

async function contentOf(
  client: ApiClient,
  args: { receipt?: string | undefined; content?: object | undefined; file?: string | undefined },
): Promise<object> {
  if (args.content !== undefined) return args.content;
  if (args.receipt !== undefined)
    return await client.get<object>(`/v1/receipts/${encodeURIComponent(args.receipt)}`);
  if (args.file === undefined)
    throw new ZeroError('USAGE', 'verify needs a receipt id or the content of a file');
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(args.file, 'utf8').catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${args.file}`, { cause });
  });
  try {
    return JSON.parse(text) as object;
  } catch (cause) {
    throw new ZeroError('USAGE', `${args.file} is not JSON`, { cause, hint: 'Use: zerostate verify FILE.' });
  }
}

interface RunArgs {
  readonly taskFile?: string | undefined;
  readonly manifest?: object | undefined;
  readonly module?: string | undefined;
  readonly stdin: string;
  readonly inputs: Record<string, string>;
}

async function submit(client: ApiClient, args: RunArgs): Promise<TaskView> {
  if (args.taskFile !== undefined)
    return await client.post<TaskView>('/v1/tasks', await readTask(args.taskFile));
  const { manifest, module } = args;
  if (manifest === undefined || module === undefined)
    throw new ZeroError('USAGE', 'run needs a manifest and a module, or the id of a task');
  const encoded = (text: string) => Buffer.from(text, 'utf8').toString('base64');
  return await client.post<TaskView>('/v1/tasks', {
    manifest,
    module,
    stdin: encoded(args.stdin),
    files: Object.fromEntries(Object.entries(args.inputs).map(([name, text]) => [name, encoded(text)])),
  });
}

/** Waits for the end of a task and tells the client how it goes, where it asked to be told. */
async function waitFor(client: ApiClient, id: string, seconds: number, extra: Extra): Promise<TaskView> {
  const until = Date.now() + seconds * 1_000;
  const token = extra._meta?.progressToken;
  let told = -1;
  for (;;) {
    // The first look does not wait: the client hears at once that the task is under way.
    const left = told < 0 && seconds > 0 ? 1 : Math.min(WAIT_MS, Math.max(0, until - Date.now()));
    const view = await client.get<TaskView>(`/v1/tasks/${encodeURIComponent(id)}?waitMs=${left}`);
    const news = view.timeline.slice(Math.max(0, told));
    told = view.timeline.length;
    if (token !== undefined && news.length > 0)
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken: token, progress: told, message: news.map(({ what }) => what).join('; ') },
      });
    if (view.ended || left === 0 || extra.signal.aborted) return view;
  }
}

function taskAnswer(view: TaskView) {
  const { ended, error, executor, executorName, fuel, receiptId, state, status, taskId } = view;
  const stdout = fromUtf8(fromBase64(view.stdout));
  const stderr = fromUtf8(fromBase64(view.stderr));
  const text = [
    `${state}${status === null ? '' : ` (${status})`}  task ${taskId}`,
    ...(executor === null ? [] : [`member   ${executorName} ${executor}`]),
    ...(receiptId === null ? [] : [`receipt  ${receiptId}, fuel ${fuel}`]),
    ...(error === null ? [] : [`error    ${error.message} [${error.code}] ${error.hint}`]),
    ...(ended ? [] : [`It runs on: call run again with task "${taskId}".`]),
    ...(stdout === '' ? [] : ['', stdout]),
    ...(stderr === '' ? [] : ['', 'standard error:', stderr]),
  ].join('\n');
  const data = { taskId, state, ended, stdout, stderr, receiptId, executor, fuel, error };
  return ended && state !== 'completed' ? { ...answer(text, data), isError: true } : answer(text, data);
}
