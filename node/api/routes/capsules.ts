// The API of replay capsules: an incident as one file.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { exportCapsule } from '../../capsules/export.ts';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';

const query = Type.Object(
  {
    inputs: Type.Boolean({ default: true, description: 'Pass on what a task was given.' }),
    secrets: Type.Boolean({ default: false, description: 'Leave in what looks like a secret.' }),
  },
  { additionalProperties: false },
);

export function registerCapsuleRoutes(app: FastifyInstance, node: NodeContext): void {
  app.get<{ Params: { id: string }; Querystring: { inputs: boolean; secrets: boolean } }>(
    pathOf('capsules.get'),
    {
      schema: {
        summary: 'A decision, a receipt or a task as a replay capsule',
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 128 }) }),
        querystring: query,
        produces: ['application/octet-stream'],
      },
    },
    async (request, reply) => {
      const { bytes, digest } = await exportCapsule(node, request.params.id, request.query);
      return reply
        .type('application/octet-stream')
        .header('x-capsule-digest', digest)
        .send(Buffer.from(bytes));
    },
  );
}
