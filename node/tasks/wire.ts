// What requester and executor say to each other: run, status, cancel. Bounded, and nothing is believed by being read.

import { encode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { RpcProtocol } from '../rpc/index.ts';

const MIB = 1024 * 1024;
/** Manifest and attached parts of one task on the wire. Larger parts are fetched as artifacts. */
export const TASK_REQUEST_BYTES_MAX = 16 * MIB;
/** Output and receipt of one task on the wire. */
export const TASK_RESPONSE_BYTES_MAX = 16 * MIB;
/** Parts attached to one request: the module, standard input and a thousand files. */
const ATTACHED_MAX = 1_002;
/** Tasks asked about at once: more than one requester has at one member. */
export const STATUS_TASKS_MAX = 256;

/** libp2p protocol id of tasks on a network; what cards name as their endpoint. */
export function taskProtocolId(network: string): string {
  return `/zerostate/${network}/task/1`;
}

/** Runs a task. The answer comes when it has ended. */
export function taskProtocol(network: string): RpcProtocol {
  return {
    id: taskProtocolId(network),
    requestBytesMax: TASK_REQUEST_BYTES_MAX,
    responseBytesMax: TASK_RESPONSE_BYTES_MAX,
    // The longest wall-clock limit, and as much again for the queue.
    timeoutMs: 1_200_000,
    // A requester has some tens at one member; a burst is a batch of tasks that were all waiting for it.
    perSecond: 100,
    burst: 256,
    repeatable: true,
  };
}

/** Asks how tasks stand, or withdraws them. */
export function taskControlProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/task-control/1`,
    requestBytesMax: 65_536,
    responseBytesMax: 65_536,
    timeoutMs: 5_000,
    sheds: 'urgent',
    perSecond: 20,
    burst: 100,
  };
}

/** A task on its way to an executor. */
export interface TaskRequest {
  /** Wire bytes of the signed manifest. */
  readonly manifest: Uint8Array;
  /** The agent that shall run it. */
  readonly agentId: string;
  /** Fencing token of this attempt. */
  readonly token: number;
  /** Parts by content id that the requester sends along. */
  readonly attached: Readonly<Record<string, Uint8Array>>;
}

export function encodeTaskRequest(request: TaskRequest): Uint8Array {
  const { manifest, agentId, token, attached } = request;
  const bytes = encode({ manifest, agentId, token, attached });
  if (bytes.length > TASK_REQUEST_BYTES_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `the task has ${bytes.length} bytes; at most ${TASK_REQUEST_BYTES_MAX} travel at once`,
    );
  return bytes;
}

const bytesField = (value: unknown, name: string): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  throw new ZeroError('DECODE_FAILED', `task: ${name} is not bytes`);
};

const textField = (value: unknown, name: string, max: number): string => {
  if (typeof value === 'string' && value.length > 0 && value.length <= max) return value;
  throw new ZeroError('DECODE_FAILED', `task: ${name} is not a short text`);
};

const tokenField = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new ZeroError('DECODE_FAILED', 'task: token is not a positive integer');
};

const mapField = (value: unknown, name: string, max: number): [string, unknown][] => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array)
    throw new ZeroError('DECODE_FAILED', `task: ${name} is not a map`);
  const entries = Object.entries(value);
  if (entries.length > max) throw new ZeroError('LIMIT_EXCEEDED', `task: more than ${max} ${name}`);
  return entries;
};

/** Reads a request from a stranger. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeTaskRequest(bytes: Uint8Array): TaskRequest {
  const fields = decodeCborMap(bytes, 'the task request');
  return {
    manifest: bytesField(fields.manifest, 'manifest'),
    agentId: textField(fields.agentId, 'agentId', 128),
    token: tokenField(fields.token),
    attached: Object.fromEntries(
      mapField(fields.attached, 'attached parts', ATTACHED_MAX).map(([cid, part]) => [
        cid,
        bytesField(part, 'attached'),
      ]),
    ),
  };
}

/** How a task ended, as its executor says. */
export interface TaskResponse {
  readonly status: string;
  readonly exitCode: number | null;
  readonly fuel: string;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly outputs: Readonly<Record<string, Uint8Array>>;
  readonly detail: string | null;
  /** The receipt file (JSON text); null for an end that is not signed. */
  readonly receipt: Uint8Array | null;
}

export function encodeTaskResponse(response: TaskResponse): Uint8Array {
  return encode(response);
}

const STATUS = /^[A-Z_]{2,32}$/;
/** Output files of one run: what a runner hands out at most. */
const OUTPUTS_MAX = 10_000;

/** Reads an executor's answer. Nothing in it is believed before the receipt is checked. Throws DECODE_FAILED. */
export function decodeTaskResponse(bytes: Uint8Array): TaskResponse {
  const fields = decodeCborMap(bytes, 'the task answer');
  const { exitCode, detail, receipt } = fields;
  const status = textField(fields.status, 'status', 32);
  const fuel = textField(fields.fuel, 'fuel', 20);
  if (!STATUS.test(status) || !/^[0-9]+$/.test(fuel))
    throw new ZeroError('DECODE_FAILED', 'task answer has a wrong status');
  return {
    status,
    exitCode: typeof exitCode === 'number' ? exitCode : null,
    fuel,
    stdout: bytesField(fields.stdout, 'stdout'),
    stderr: bytesField(fields.stderr, 'stderr'),
    outputs: Object.fromEntries(
      mapField(fields.outputs, 'outputs', OUTPUTS_MAX).map(([path, content]) => [
        path,
        bytesField(content, 'outputs'),
      ]),
    ),
    detail: typeof detail === 'string' ? detail.slice(0, 1_000) : null,
    receipt: receipt === null ? null : bytesField(receipt, 'receipt'),
  };
}

/** A question about tasks of the asking peer, or their withdrawal. */
export interface ControlRequest {
  readonly verb: 'status' | 'cancel';
  readonly tasks: readonly { readonly taskId: string; readonly agentId: string; readonly token: number }[];
}

/** How a run stands at its executor; one that waits for a worker runs. */
export const TASK_STANDINGS = ['running', 'ended', 'unknown'] as const;
export type TaskStanding = (typeof TASK_STANDINGS)[number];

export function encodeControl(request: ControlRequest): Uint8Array {
  return encode(request);
}

/** Reads a control request. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeControl(bytes: Uint8Array): ControlRequest {
  const { verb, tasks } = decodeCborMap(bytes, 'the task control');
  if (verb !== 'status' && verb !== 'cancel') throw new ZeroError('DECODE_FAILED', 'task: unknown verb');
  if (!Array.isArray(tasks)) throw new ZeroError('DECODE_FAILED', 'task: tasks is not a list');
  if (tasks.length > STATUS_TASKS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `task: more than ${STATUS_TASKS_MAX} at once`);
  return {
    verb,
    tasks: tasks.map((item: unknown) => {
      const { taskId, agentId, token } = (item ?? {}) as Record<string, unknown>;
      return {
        taskId: textField(taskId, 'taskId', 64),
        agentId: textField(agentId, 'agentId', 128),
        token: tokenField(token),
      };
    }),
  };
}

/** Tasks of all requesters that wait or run at an executor, and how many it runs at once. */
export interface TaskLoad {
  readonly tasks: number;
  readonly workers: number;
}

/** Workers that are believed: more than any machine of today has cores. */
export const WORKERS_MAX = 1_024;

/** How the tasks stand, and how busy the executor is. */
export interface Standings {
  readonly standings: readonly TaskStanding[];
  readonly load: TaskLoad | null;
}

export function encodeStandings({ standings, load }: Standings): Uint8Array {
  return encode({ standings, load });
}

function loadOf(value: unknown): TaskLoad | null {
  const { tasks, workers } = (value ?? {}) as Record<string, unknown>;
  const fits = (one: unknown, min: number): one is number =>
    typeof one === 'number' && Number.isSafeInteger(one) && one >= min;
  return fits(tasks, 0) && fits(workers, 1) && workers <= WORKERS_MAX ? { tasks, workers } : null;
}

/** Reads the standings of as many tasks as were asked about. Throws DECODE_FAILED. */
export function decodeStandings(bytes: Uint8Array, count: number): Standings {
  const { load, standings } = decodeCborMap(bytes, 'the standings');
  const known = (value: unknown): value is TaskStanding => TASK_STANDINGS.includes(value as TaskStanding);
  if (!Array.isArray(standings) || standings.length !== count || !standings.every(known))
    throw new ZeroError('DECODE_FAILED', 'task: the standings are not those of the tasks asked about');
  return { standings, load: loadOf(load) };
}
