// Routes of artifacts: add and read as streams, fetch, keep, list.

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { artifactView, artifactViewSchema } from '../../artifacts/index.ts';
import { REPLICAS } from '../../artifacts/limits.ts';
import { filesOfTar, tarOf } from '../../artifacts/tar.ts';
import { systemClock, within } from '../../clock/index.ts';
import type { NodeContext } from '../../context.ts';
import { pathOf } from '../operations.ts';

const TAR = 'application/x-tar';
const BYTES = 'application/octet-stream';
/** What tar adds to the content: headers and padding of many small files. */
const TAR_FACTOR = 2;
/** Longest long-poll: below the time-outs of common proxies. */
const WAIT_MS_MAX = 60_000;
/** Copies that may be asked for: more than a region's worth is no cache but a flood. */
const COPIES_MAX = 16;
/** Artifacts of one answer. */
const LISTED_MAX = 1_000;

const params = Type.Object({ cid: Type.String({ minLength: 1, maxLength: 128 }) });
const copies = Type.Integer({ minimum: 1, maximum: COPIES_MAX, default: REPLICAS });
const fetchBody = Type.Object(
  {
    from: Type.Array(Type.String({ minLength: 8, maxLength: 64 }), { maxItems: 16, default: [] }),
    waitMs: Type.Integer({ minimum: 0, maximum: WAIT_MS_MAX, default: 0 }),
  },
  { additionalProperties: false },
);
const addQuery = Type.Object({
  name: Type.String({ maxLength: 255, default: '' }),
  pin: Type.Boolean({ default: true }),
  copies,
});

interface Params {
  Params: { cid: string };
}

export async function registerArtifactRoutes(app: FastifyInstance, node: NodeContext): Promise<void> {
  const { artifacts, artifactStore } = node;
  const { artifactBytesMax } = node.config.artifacts;
  const view = (root: string) => artifactView(artifactStore, artifacts.show(root));

  await app.register(async (streaming) => {
    // The body is not read before the route runs, and never held as a whole.
    for (const type of [TAR, BYTES])
      streaming.addContentTypeParser(type, { bodyLimit: artifactBytesMax * TAR_FACTOR }, (_, body, done) =>
        done(null, body),
      );
    streaming.post<{ Querystring: { name: string; pin: boolean; copies: number }; Body: Readable }>(
      pathOf('artifacts.add'),
      {
        bodyLimit: artifactBytesMax * TAR_FACTOR,
        schema: {
          summary: `Add a folder (${TAR}) or a file (${BYTES})`,
          querystring: addQuery,
          response: { 201: artifactViewSchema },
        },
      },
      async (request, reply) => {
        const type = request.headers['content-type']?.split(';')[0];
        const { body, query } = request;
        if (!(body instanceof Readable)) throw new ZeroError('USAGE', `the body is ${TAR} or ${BYTES}`);
        const record =
          type === TAR
            ? await artifacts.add(filesOfTar(body), query)
            : await artifacts.add([{ path: '', content: body }], { ...query, asFolder: false });
        return reply.status(201).send(view(record.root));
      },
    );
  });

  app.get(
    pathOf('artifacts.list'),
    {
      schema: {
        summary: 'Artifacts here, the latest used first, and the room they take',
        response: {
          200: Type.Object({
            artifacts: Type.Array(artifactViewSchema),
            usage: Type.Object({ bytes: Type.Integer(), bytesMax: Type.Integer(), blocks: Type.Integer() }),
          }),
        },
      },
    },
    async () => ({
      artifacts: artifacts
        .list()
        .slice(0, LISTED_MAX)
        .map((record) => artifactView(artifactStore, record)),
      usage: artifactStore.usage,
    }),
  );

  app.get<Params>(
    pathOf('artifacts.get'),
    { schema: { summary: 'One artifact', params, response: { 200: artifactViewSchema } } },
    async (request) => view(request.params.cid),
  );

  app.post<Params & { Body: { from: string[]; waitMs: number } }>(
    pathOf('artifacts.fetch'),
    {
      schema: {
        summary: 'Fetch what is missing; with waitMs, its end is waited for. Ask again to go on waiting.',
        params,
        body: fetchBody,
        response: { 200: artifactViewSchema, 202: artifactViewSchema },
      },
    },
    async (request, reply) => {
      const { cid } = request.params;
      const { from, waitMs } = request.body;
      const fetched = artifacts.fetch(cid, { from }).then(() => true);
      const done = (await within(systemClock, waitMs, fetched)) === true;
      return reply.status(done ? 200 : 202).send(view(cid));
    },
  );

  app.get<Params>(
    pathOf('artifacts.content'),
    { schema: { summary: `The content: ${BYTES} of a file, ${TAR} of a folder`, params } },
    async (request, reply) => {
      const { cid } = request.params;
      const { complete, kind } = artifacts.show(cid);
      if (!complete) throw new ZeroError('ARTIFACT_INCOMPLETE', `blocks of ${cid} are missing here`);
      if (kind === 'folder') return reply.type(TAR).send(Readable.from(tarOf(artifacts.entries(cid))));
      return reply.type(BYTES).send(Readable.from(contentOf(artifacts.entries(cid))));
    },
  );

  app.post<Params & { Body: { copies: number } }>(
    pathOf('artifacts.pin'),
    {
      schema: {
        summary: 'Keep an artifact, with copies in the region',
        params,
        body: Type.Object({ copies }, { additionalProperties: false }),
        response: { 200: artifactViewSchema },
      },
    },
    async (request) => {
      await artifacts.pin(request.params.cid, request.body.copies);
      return view(request.params.cid);
    },
  );

  app.post<Params>(
    pathOf('artifacts.unpin'),
    {
      schema: {
        summary: 'Let an artifact give way when room is needed',
        params,
        response: { 200: artifactViewSchema },
      },
    },
    async (request) => {
      await artifacts.unpin(request.params.cid);
      return view(request.params.cid);
    },
  );
}

async function* contentOf(
  entries: AsyncIterable<{ read(): AsyncIterable<Uint8Array> }>,
): AsyncGenerator<Uint8Array> {
  for await (const entry of entries) yield* entry.read();
}
