// What a module is to be given: arguments, limits, mode, seed, clock, and the bytes. This is the `spec` of a signed task manifest.
// Limits are the requester's; the executor has its own ceilings.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { type AgentCard, SLA_CLASSES } from '../../protocol/card/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { canonicalJson, type JsonObject, type JsonValue } from '../../protocol/json/index.ts';
import type { TaskManifest } from '../../protocol/task/index.ts';
import { type Job, LIMITS_MAX } from '../../wasm-runner/index.ts';
import { Alike } from './alike.ts';

const MIB = 1024 * 1024;

export const manifestSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' }),
    description: Type.Optional(Type.String({ maxLength: 1_000 })),
    /** Words with which a member is found. */
    capability: Type.String({ minLength: 1, maxLength: 1_000 }),
    /** Tags that a member's card must have. */
    tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 16, default: [] }),
    region: Type.Optional(Type.String({ minLength: 1, maxLength: 32 })),
    /** Least service level that a member's card promises. */
    sla: Type.Optional(Type.Enum([...SLA_CLASSES])),
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

/** By manifest, and gone with it: a task is looked at a dozen times. */
const specs = new WeakMap<TaskManifest, Manifest>();
/** By what was written, in a manifest or by who asks. */
const alike = new Alike<Manifest>(completeManifest);

/** Completes and checks a manifest that is JSON, once for all that say the same; frozen, since tasks share it. Throws USAGE naming what is wrong. */
export function completeAlike(input: JsonObject): Manifest {
  return alike.of(input);
}

/** The completed spec of a signed manifest; frozen, since manifests share it. Throws USAGE naming what is wrong. */
export function specOfManifest(manifest: TaskManifest): Manifest {
  const known = specs.get(manifest);
  if (known !== undefined) return known;
  const spec = completeAlike(manifest.spec);
  specs.set(manifest, spec);
  return spec;
}

/** Why an agent's card does not promise the service level that a task asks for; null when it does. */
export function belowSla({ sla }: Pick<AgentCard, 'sla'>, wanted: Manifest['sla']): string | null {
  if (wanted === undefined || SLA_CLASSES.indexOf(sla) >= SLA_CLASSES.indexOf(wanted)) return null;
  return `promises ${sla}, and ${wanted} is asked for`;
}

/** Canonical JSON of a completed spec. */
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
