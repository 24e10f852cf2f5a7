// Several tasks for one member in one message, and the answer of each as soon as it is there. What a task and its answer say is in wire.ts.

import { encode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Answer } from '../rpc/answer.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { RowProtocol } from '../rpc/row-streams.ts';
import { TASK_REQUEST_BYTES_MAX, TASK_RESPONSE_BYTES_MAX } from './wire.ts';

/** Tasks in one message: as many as a requester has at one member at once. */
export const BATCH_TASKS_MAX = 16;
/** Bytes of the requests in one message; the rest is what frames them. A larger one travels alone. */
export const BATCH_BYTES_MAX: number = TASK_REQUEST_BYTES_MAX - 65_536;
/** What frames an answer in its row. */
const ROW_FRAME_BYTES = 1_024;
/** Bytes of a trace context that goes with a task. */
const TRACE_BYTES_MAX = 256;

/** Runs several tasks. Each counts against the rate of single ones as well. */
export function taskBatchProtocol(network: string): RowProtocol {
  const rowBytesMax = TASK_RESPONSE_BYTES_MAX + ROW_FRAME_BYTES;
  return {
    id: `/zerostate/${network}/task-batch/1`,
    requestBytesMax: TASK_REQUEST_BYTES_MAX,
    rowBytesMax,
    answerBytesMax: BATCH_TASKS_MAX * rowBytesMax,
    // As one task.
    timeoutMs: 1_200_000,
    perSecond: 100,
    burst: 256,
    refusal: (message, retryMs) => encodeBatchRow(null, { error: { code: 'OVERLOADED', message, retryMs } }),
  };
}

/** A task of a batch: the bytes of its request, and the trace that it belongs to. */
export interface BatchTask {
  readonly request: Uint8Array;
  readonly trace: Uint8Array | null;
}

export function encodeTaskBatch(tasks: readonly BatchTask[]): Uint8Array {
  return encode({ tasks: tasks.map(({ request, trace }) => ({ request, trace })) });
}

/** Reads a batch from a stranger; the requests in it are not read yet. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeTaskBatch(bytes: Uint8Array): BatchTask[] {
  const { tasks } = decodeCborMap(bytes, 'the tasks');
  if (!Array.isArray(tasks) || tasks.length === 0)
    throw new ZeroError('DECODE_FAILED', 'tasks: not a list of tasks');
  if (tasks.length > BATCH_TASKS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `tasks: more than ${BATCH_TASKS_MAX} at once`);
  return tasks.map((item: unknown) => {
    const { request, trace } = (item ?? {}) as Record<string, unknown>;
    if (!(request instanceof Uint8Array))
      throw new ZeroError('DECODE_FAILED', 'tasks: a request is not bytes');
    const isTrace = trace instanceof Uint8Array && trace.length <= TRACE_BYTES_MAX;
    return { request, trace: isTrace ? trace : null };
  });
}

/** The answer to one task by its place in the batch; null: the one answer to all of them. */
export function encodeBatchRow(at: number | null, answer: Answer): Uint8Array {
  return encode({ at, answer: encode(answer) });
}

/** Reads an answer to one of `count` tasks; what it says is for `unwrap`. Throws DECODE_FAILED. */
export function decodeBatchRow(bytes: Uint8Array, count: number): { at: number | null; answer: Uint8Array } {
  const { answer, at } = decodeCborMap(bytes, 'the answer to tasks');
  const isPlace = Number.isSafeInteger(at) && (at as number) >= 0 && (at as number) < count;
  if (!(answer instanceof Uint8Array) || (at !== null && !isPlace))
    throw new ZeroError('DECODE_FAILED', 'tasks: an answer to none of them');
  return { at: at as number | null, answer };
}
