// The manifest of a task and its parts, as they travel between requester and executor. Limits are the requester's; the executor
// has its own ceilings.

import { encode } from '@ipld/dag-cbor';
import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { canonicalJson, type JsonValue, parseStrictJson } from '../../protocol/json/index.ts';
import { type Job, LIMITS_MAX } from '../../wasm-runner/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';

const MIB = 1024 * 1024;
/** Module, inputs and manifest of one task on the wire. */
export const TASK_REQUEST_BYTES_MAX = 16 * MIB;
/** Output and receipt of one task on the wire. */
export const TASK_RESPONSE_BYTES_MAX = 16 * MIB;
const INPUT_FILES_MAX = 1_000;

export const manifestSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' }),
    description: Type.Optional(Type.String({ maxLength: 1_000 })),
    /** Words with which a member is found. */
    capability: Type.String({ minLength: 1, maxLength: 1_000 }),
    /** Tags that a member's card must have. */
    tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 16, default: [] }),
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    args: Type.Array(Type.String({ maxLength: 4_096 }), { maxItems: 64, default: [] }),
    env: Type.Record(
      Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' }),
      Type.String({ maxLength: 4_096 }),
      { default: {} },
    ),
    limits: Type.Object(
      {
        fuel: Type.String({ pattern: '^[0-9]{1,13}$', default: '2000000000' }),
        memoryBytes: Type.Integer({ minimum: 65_536, maximum: 4_294_967_296, default: 64 * MIB }),
        stackBytes: Type.Integer({ minimum: 16_384, maximum: LIMITS_MAX.stackBytes, default: 1 * MIB }),
        outputBytes: Type.Integer({ minimum: 0, maximum: 12 * MIB, default: 1 * MIB }),
        wallMs: Type.Integer({ minimum: 10, maximum: 600_000, default: 10_000 }),
      },
      { additionalProperties: false, default: {} },
    ),
    mode: Type.Literal('deterministic', { default: 'deterministic' }),
    /** 32 bytes in hexadecimal: what the task's random numbers come from. */
    seed: Type.String({ pattern: '^[0-9a-f]{64}$', default: '0'.repeat(64) }),
    /** The virtual clock: nanoseconds since 1970 at start, and its step for each reading. */
    clock: Type.Object(
      {
        originNs: Type.String({ pattern: '^[0-9]{1,19}$', default: '946684800000000000' }),
        stepNs: Type.String({ pattern: '^[0-9]{1,19}$', default: '1000000' }),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false },
);

export type Manifest = Static<typeof manifestSchema>;

/** Completes and checks a manifest. Throws USAGE naming what is wrong. */
export function completeManifest(input: unknown): Manifest {
  const candidate = Value.Default(manifestSchema, structuredClone(input));
  if (Value.Check(manifestSchema, candidate)) return candidate;
  const problems = Value.Errors(manifestSchema, candidate).map(
    (error) => `${error.instancePath.slice(1).replaceAll('/', '.') || 'manifest'}: ${error.message}`,
  );
  throw new ZeroError('USAGE', `task manifest: ${[...new Set(problems)].slice(0, 5).join('; ')}`);
}

/** The bytes that a receipt's manifest digest covers: canonical JSON of the completed manifest. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return canonicalJson(manifest as unknown as JsonValue);
}

/** A task with everything it needs. */
export interface TaskParts {
  readonly manifest: Manifest;
  readonly module: Uint8Array;
  readonly stdin: Uint8Array;
  /** Files below /in, by relative path. */
  readonly inputs: Readonly<Record<string, Uint8Array>>;
}

/** What the runner is to do. The same parts give the same job on every machine. */
export function jobOf({ manifest, module, stdin, inputs }: TaskParts): Job {
  return {
    module,
    args: manifest.args,
    env: manifest.env,
    stdin,
    inputs,
    limits: { ...manifest.limits, fuel: BigInt(manifest.limits.fuel) },
    mode: manifest.mode,
    seed: manifest.seed,
    clock: { originNs: BigInt(manifest.clock.originNs), stepNs: BigInt(manifest.clock.stepNs) },
  };
}

/** A task on its way to an executor. */
export interface TaskRequest extends TaskParts {
  readonly taskId: string;
  /** The agent that shall run it. */
  readonly agentId: string;
}

export function encodeTaskRequest({
  taskId,
  agentId,
  manifest,
  module,
  stdin,
  inputs,
}: TaskRequest): Uint8Array {
  const bytes = encode({ taskId, agentId, manifest: manifestBytes(manifest), module, stdin, inputs });
  if (bytes.length > TASK_REQUEST_BYTES_MAX)
    throw new ZeroError(
      'LIMIT_EXCEEDED',
      `the task has ${bytes.length} bytes; at most ${TASK_REQUEST_BYTES_MAX} travel at once`,
    );
  return bytes;
}

const bytesField = (value: unknown, name: string): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  throw new ZeroError('DECODE_FAILED', `task request: ${name} is not bytes`);
};

const textField = (value: unknown, name: string, max: number): string => {
  if (typeof value === 'string' && value.length > 0 && value.length <= max) return value;
  throw new ZeroError('DECODE_FAILED', `task request: ${name} is not a short text`);
};

/** Reads a request from a stranger. Throws DECODE_FAILED or USAGE. */
export function decodeTaskRequest(bytes: Uint8Array): TaskRequest {
  const fields = decodeCborMap(bytes, 'the task request');
  const files = Object.entries((fields.inputs ?? {}) as Record<string, unknown>);
  if (files.length > INPUT_FILES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a task has at most ${INPUT_FILES_MAX} input files`);
  return {
    taskId: textField(fields.taskId, 'taskId', 64),
    agentId: textField(fields.agentId, 'agentId', 128),
    manifest: completeManifest(parseStrictJson(fromUtf8(bytesField(fields.manifest, 'manifest')))),
    module: bytesField(fields.module, 'module'),
    stdin: bytesField(fields.stdin, 'stdin'),
    inputs: Object.fromEntries(
      files.map(([path, content]) => [path, bytesField(content, `inputs.${path.slice(0, 64)}`)]),
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
      Object.entries((fields.outputs ?? {}) as Record<string, unknown>).map(([path, content]) => [
        path,
        bytesField(content, 'outputs'),
      ]),
    ),
    detail: typeof detail === 'string' ? detail.slice(0, 1_000) : null,
    receipt: receipt === null ? null : bytesField(receipt, 'receipt'),
  };
}
