// What the generators may write, as closed schemas: the parts of Kubernetes' batch/v1 Job and v1 ConfigMap, and of Shadow's configuration,
// that are used here. A document that does not fit is a bug of ours and never leaves.

import Type, { type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { ZeroError } from '../../protocol/errors/index.ts';

const closed = { additionalProperties: false } as const;
/** A DNS label, as Kubernetes names and Shadow host names must be. */
const Name = Type.String({ pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' });
const Quantity = Type.String({ pattern: '^[0-9]+(m|Mi|Gi)?$' });
const Resources = Type.Object({ cpu: Quantity, memory: Quantity }, closed);
const Metadata = Type.Object({ name: Name, labels: Type.Record(Type.String(), Type.String()) }, closed);

const configMapSchema = Type.Object(
  {
    apiVersion: Type.Literal('v1'),
    kind: Type.Literal('ConfigMap'),
    metadata: Metadata,
    data: Type.Record(Type.String({ pattern: '^[-._a-zA-Z0-9]+$' }), Type.String({ maxLength: 1_000_000 })),
  },
  closed,
);

const container = Type.Object(
  {
    name: Name,
    image: Type.String({ minLength: 1, maxLength: 255 }),
    command: Type.Array(Type.String(), { minItems: 1 }),
    env: Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, closed)),
    resources: Type.Object({ requests: Resources, limits: Resources }, closed),
    securityContext: Type.Object(
      {
        allowPrivilegeEscalation: Type.Literal(false),
        readOnlyRootFilesystem: Type.Literal(true),
        runAsNonRoot: Type.Literal(true),
        capabilities: Type.Object({ drop: Type.Array(Type.Literal('ALL')) }, closed),
      },
      closed,
    ),
    volumeMounts: Type.Array(
      Type.Object({ name: Name, mountPath: Type.String(), readOnly: Type.Optional(Type.Boolean()) }, closed),
    ),
  },
  closed,
);

const volume = Type.Union([
  Type.Object({ name: Name, configMap: Type.Object({ name: Name }, closed) }, closed),
  Type.Object({ name: Name, persistentVolumeClaim: Type.Object({ claimName: Name }, closed) }, closed),
  Type.Object({ name: Name, emptyDir: Type.Object({}, closed) }, closed),
]);

const jobSchema = Type.Object(
  {
    apiVersion: Type.Literal('batch/v1'),
    kind: Type.Literal('Job'),
    metadata: Metadata,
    spec: Type.Object(
      {
        completionMode: Type.Literal('Indexed'),
        completions: Type.Integer({ minimum: 1, maximum: 100_000 }),
        parallelism: Type.Integer({ minimum: 1, maximum: 100_000 }),
        backoffLimitPerIndex: Type.Integer({ minimum: 0, maximum: 10 }),
        template: Type.Object(
          {
            metadata: Type.Object({ labels: Type.Record(Type.String(), Type.String()) }, closed),
            spec: Type.Object(
              {
                restartPolicy: Type.Literal('Never'),
                automountServiceAccountToken: Type.Literal(false),
                containers: Type.Array(container, { minItems: 1, maxItems: 1 }),
                volumes: Type.Array(volume),
              },
              closed,
            ),
          },
          closed,
        ),
      },
      closed,
    ),
  },
  closed,
);

const shadowHost = Type.Object(
  {
    network_node_id: Type.Integer({ minimum: 0 }),
    ip_addr: Type.String({ pattern: '^11\\.(\\d{1,3}\\.){2}\\d{1,3}$' }),
    processes: Type.Array(
      Type.Object(
        {
          path: Type.String({ minLength: 1 }),
          args: Type.Array(Type.String()),
          environment: Type.Record(Type.String(), Type.String()),
          start_time: Type.String({ pattern: '^\\d+ (ms|s)$' }),
          expected_final_state: Type.Literal('running'),
        },
        closed,
      ),
      { minItems: 1 },
    ),
  },
  closed,
);

const shadowSchema = Type.Object(
  {
    general: Type.Object(
      {
        seed: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
        stop_time: Type.String({ pattern: '^\\d+ s$' }),
        model_unblocked_syscall_latency: Type.Boolean(),
      },
      closed,
    ),
    network: Type.Object(
      {
        graph: Type.Object({ type: Type.Literal('gml'), inline: Type.String({ minLength: 1 }) }, closed),
        use_shortest_path: Type.Boolean(),
      },
      closed,
    ),
    hosts: Type.Record(Name, shadowHost),
  },
  closed,
);

export const SCHEMAS = { configMap: configMapSchema, job: jobSchema, shadow: shadowSchema } as const;
export type Job = Static<typeof jobSchema>;
export type ConfigMap = Static<typeof configMapSchema>;
export type ShadowConfig = Static<typeof shadowSchema>;

/** The value, when it fits its schema. Throws SCENARIO_INVALID that names the first place that does not. */
export function checked<T>(schema: TSchema, value: T): T {
  const [first] = Value.Errors(schema, value);
  if (first === undefined) return value;
  throw new ZeroError('SCENARIO_INVALID', `the document cannot have ${first.instancePath}: ${first.message}`);
}
