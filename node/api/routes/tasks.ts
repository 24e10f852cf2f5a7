// Routes of tasks and their receipts.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { fromBase64, fromUtf8, toBase64, utf8 } from '../../../protocol/bytes/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import type { NodeContext } from '../../context.ts';
import { buildReceiptFile, encodeReceiptFile } from '../../receipts/receipt-file.ts';
import { completeTask } from '../../tasks/order.ts';
import { outputOf, viewOf } from '../../tasks/view.ts';
import { TASK_REQUEST_BYTES_MAX } from '../../tasks/wire.ts';
import { receiptView } from '../../views.ts';
import { pageAnswer, pageOf, pageQuery, wordsOf } from '../lists/page.ts';
import { findReceipts, type ReceiptsAsked } from '../lists/receipt-list.ts';
import { pathOf } from '../operations.ts';
import { liveViewSchema, receiptViewSchema, type TaskView, taskViewSchema } from '../views.ts';

/** The largest task on the wire, in base64: no larger field could be sent on. */
const BASE64_CHARS_MAX = Math.ceil(TASK_REQUEST_BYTES_MAX / 3) * 4;
/** Longest long-poll: below the time-outs of common proxies. */
const WAIT_MS_MAX = 60_000;

const base64 = Type.String({ maxLength: BASE64_CHARS_MAX });
const taskBody = Type.Object(
  {
    manifest: Type.Unsafe<object>({ type: 'object', additionalProperties: true }),
    module: base64,
    stdin: Type.String({ maxLength: BASE64_CHARS_MAX, default: '' }),
    files: Type.Record(Type.String({ maxLength: 1_024 }), base64, { default: {} }),
  },
  { additionalProperties: false },
);
const idParams = Type.Object({ id: Type.String({ minLength: 1, maxLength: 128 }) });
const place = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 });
const reportSchema = Type.Unsafe<object>({ type: 'object', additionalProperties: true });

const tasksQuery = Type.Object({
  ...pageQuery,
  state: Type.Optional(Type.Union([Type.Literal('open'), Type.Literal('ended')])),
  brief: Type.Boolean({ default: false, description: 'Without members, reasons and timeline.' }),
});
const receiptsQuery = Type.Object({
  ...pageQuery,
  result: Type.Optional(Type.Union([Type.Literal('ok'), Type.Literal('other')])),
  executor: Type.String({ maxLength: 128, default: '', description: 'Agent id of who ran it.' }),
  task: Type.String({ maxLength: 128, default: '' }),
});
const receiptsSchema = Type.Object({
  receipts: Type.Array(receiptViewSchema),
  ...pageAnswer,
  counts: Type.Object({ ok: Type.Integer(), other: Type.Integer() }),
});

interface TasksAsked {
  limit: number;
  cursor: string;
  q: string;
  state?: 'open' | 'ended';
  brief: boolean;
}

interface TaskBody {
  manifest: object;
  module: string;
  stdin: string;
  files: Record<string, string>;
}

export function registerTaskRoutes(app: FastifyInstance, node: NodeContext): void {
  app.post<{ Body: TaskBody }>(
    pathOf('tasks.submit'),
    {
      schema: {
        summary: 'Run a WASI module on a member that is found for it',
        body: taskBody,
        response: { 202: taskViewSchema },
      },
    },
    async (request, reply) => {
      const { manifest, module, stdin, files } = request.body;
      const inputs = Object.fromEntries(
        Object.entries(files).map(([path, content]) => [path, fromBase64(content)]),
      );
      const task = await node.requester.submit({
        ...completeTask(manifest),
        module: fromBase64(module),
        stdin: fromBase64(stdin),
        inputs,
      });
      return reply.status(202).send(viewOf(task));
    },
  );

  app.get<{ Querystring: TasksAsked }>(
    pathOf('tasks.list'),
    {
      schema: {
        summary: 'Tasks of this node, newest first, a page at a time',
        querystring: tasksQuery,
        response: {
          200: Type.Object({ tasks: Type.Array(taskViewSchema), ...pageAnswer, open: Type.Integer() }),
        },
      },
    },
    async ({ query }) => {
      const ordered = node.tasks.list();
      const words = wordsOf(query.q);
      const { rows, ...page } = pageOf(
        ordered,
        query,
        ({ taskId }) => taskId,
        ({ endedAt, name, task, taskId }) =>
          (query.state === undefined || (query.state === 'open') === (endedAt === null)) &&
          words.every((word) => `${name} ${taskId} ${task.phase}`.toLowerCase().includes(word)),
      );
      const tasks = rows.map((entry) => viewOf(entry)).map((task) => (query.brief ? briefOf(task) : task));
      return { ...page, tasks, total: ordered.length, open: node.tasks.open().length };
    },
  );

  app.get<{ Params: { id: string }; Querystring: { waitMs: number } }>(
    pathOf('tasks.get'),
    {
      schema: {
        summary: 'One task; with waitMs, its end is waited for',
        params: idParams,
        querystring: Type.Object({ waitMs: Type.Integer({ minimum: 0, maximum: WAIT_MS_MAX, default: 0 }) }),
        response: { 200: taskViewSchema },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { waitMs } = request.query;
      const entry = waitMs === 0 ? node.tasks.get(id) : await node.tasks.ended(id, waitMs);
      return viewOf(entry, await outputOf(node.tasks, entry));
    },
  );

  app.get<{ Params: { id: string }; Querystring: { stdout: number; stderr: number } }>(
    pathOf('tasks.output'),
    {
      schema: {
        summary:
          'What a run has written since a place, while it runs, as its member says; waits some seconds when that is nothing',
        params: idParams,
        querystring: Type.Object({ stdout: place, stderr: place }),
        response: { 200: liveViewSchema },
      },
    },
    async (request) => {
      const { stdout, stderr, at, ended, token } = await node.requester.output(
        request.params.id,
        request.query,
      );
      return { stdout: toBase64(stdout), stderr: toBase64(stderr), at, ended, token };
    },
  );

  app.post<{ Params: { id: string } }>(
    pathOf('tasks.cancel'),
    {
      schema: {
        summary: 'Cancel a task: its members are asked to stop, waited for, and the task ends',
        params: idParams,
        response: { 202: taskViewSchema },
      },
    },
    async (request, reply) => reply.status(202).send(viewOf(await node.requester.cancel(request.params.id))),
  );

  app.get<{ Querystring: ReceiptsAsked }>(
    pathOf('receipts.list'),
    {
      schema: {
        summary: 'Receipts known, newest first, a page at a time',
        querystring: receiptsQuery,
        response: { 200: receiptsSchema },
      },
    },
    async ({ query }) => {
      const { rows, ...found } = findReceipts(node, query);
      return { ...found, receipts: rows.map((receipt) => receiptView(node, receipt)) };
    },
  );

  app.get<{ Params: { id: string } }>(
    pathOf('receipts.get'),
    {
      schema: {
        summary: 'The receipt file, with its replay capsule where this node asked for the task',
        params: idParams,
        response: { 200: reportSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // A task's own receipt is kept before the executor's log has been pulled.
      const bytes = (await node.files.get(id)) ?? (await receiptBytes(node, id));
      return reply
        .type('application/json')
        .serializer((text: string) => text)
        .send(fromUtf8(bytes));
    },
  );

  app.post<{ Body: object }>(
    pathOf('receipts.verify'),
    {
      schema: {
        summary: 'Verify a receipt file, card, checkpoint or proof',
        body: reportSchema,
        response: { 200: reportSchema },
      },
    },
    async (request) => {
      if (typeof request.body !== 'object' || request.body === null)
        throw new ZeroError('USAGE', 'the body is the file to verify');
      return verify(utf8(JSON.stringify(request.body)), { now: node.clock.now() });
    },
  );
}

/** What a list shows of a task; the rest is a task's own page. */
const briefOf = (task: TaskView): TaskView => ({ ...task, members: [], timeline: [], tried: [], why: [] });

async function receiptBytes(node: NodeContext, id: string): Promise<Uint8Array> {
  const receipt = node.receipts.get(id);
  const kept = await node.files.get(receipt.id);
  if (kept !== undefined) return kept;
  return encodeReceiptFile(
    await buildReceiptFile(node.store, receipt.position, node.book.get(receipt.issuer)?.bytes),
  );
}
