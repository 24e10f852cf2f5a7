// How a task is to be placed: redundancy, price ceiling, deadline, idempotency. The half of a task file that is not the spec.

import Type, { type Static } from 'typebox';
import { Value } from 'typebox/value';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX, REDUNDANCY_MAX } from '../../protocol/task/index.ts';
import { Alike } from './alike.ts';
import { completeAlike, type Manifest } from './manifest.ts';

/** Members that a caller may name, or leave out, by hand. */
const MEMBERS_NAMED_MAX = 64;
/** Beyond the wall-clock limits of the runs: finding members, transport, and one takeover. */
const DEADLINE_MARGIN_MS = 60_000;
const agentIds = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: MEMBERS_NAMED_MAX });

export const orderSchema = Type.Object(
  {
    /** Members that run the task and are compared. */
    redundancy: Type.Integer({ minimum: 1, maximum: REDUNDANCY_MAX, default: 1 }),
    /** The most for one run, in the smallest unit; without it only members without a price are asked. */
    priceCeiling: Type.Optional(
      Type.Object(
        {
          amount: Type.String({ pattern: '^(?:0|[1-9][0-9]{0,21})$' }),
          currency: Type.String({ pattern: '^[A-Za-z0-9._-]{1,16}$' }),
        },
        { additionalProperties: false },
      ),
    ),
    /** Seconds from submission; what is delivered later is not paid. */
    deadlineSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
    /** The same key is the same task, also after a restart. */
    idempotencyKey: Type.Optional(
      Type.String({ minLength: 1, maxLength: IDEMPOTENCY_KEY_CHARS_MAX, pattern: '^[!-~]+$' }),
    ),
    /** Members with a known reputation (lower bound, 0 to 1000) below are left out. */
    reputationFloor: Type.Integer({ minimum: 0, maximum: 1_000, default: 0 }),
    /** The agent of this node that asks, and pays; the first one otherwise. */
    as: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    /** Ask these agents, and no other. */
    members: Type.Optional(agentIds),
    /** Ask the members of this guild only. */
    guild: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
  },
  { additionalProperties: false },
);

/** How a task is to be placed. */
export type TaskOrder = Static<typeof orderSchema>;

/** By what was written. */
const orders = new Alike<TaskOrder>(completeOrder);

/** Splits a task file into what the module is given and how it is placed, and checks both. Throws USAGE naming what is wrong. */
export function completeTask(input: unknown): { spec: Manifest; order: TaskOrder } {
  if (typeof input !== 'object' || input === null) throw new ZeroError('USAGE', 'a task is an object');
  const known = Object.keys(orderSchema.properties);
  const entries = Object.entries(input);
  const written = Object.fromEntries(entries.filter(([name]) => known.includes(name)));
  // No other says the same as one with a key of its own.
  const order = written.idempotencyKey === undefined ? orders.of(written) : completeOrder(written);
  const spec = completeAlike(Object.fromEntries(entries.filter(([name]) => !known.includes(name))));
  return { spec, order };
}

function completeOrder(input: JsonObject): TaskOrder {
  const order = Value.Default(orderSchema, structuredClone(input));
  if (Value.Check(orderSchema, order)) return order;
  const problems = Value.Errors(orderSchema, order).map(
    (error) => `${error.instancePath.slice(1).replaceAll('/', '.') || 'task'}: ${error.message}`,
  );
  throw new ZeroError('USAGE', `task: ${[...new Set(problems)].slice(0, 5).join('; ')}`);
}

/** Milliseconds from submission to deadline. */
export function deadlineMsOf(spec: Manifest, order: TaskOrder): number {
  return order.deadlineSeconds === undefined
    ? spec.limits.wallMs * 2 + DEADLINE_MARGIN_MS
    : order.deadlineSeconds * 1_000;
}
