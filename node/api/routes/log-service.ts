// Routes of the log service for those who hold the token: proofs, kept heads, witnesses, copies, audits, evidence.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { decodeEnvelope, envelopeToJson } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { encodeEquivocation, renderPolicy, witnessKeyOf } from '../../../protocol/log/index.ts';
import type { NodeContext } from '../../context.ts';
import { auditFrom, findStatement, logNamed } from '../../log-service/index.ts';
import { pathOf } from '../operations.ts';

const log = Type.String({
  default: '',
  maxLength: 256,
  description: 'Origin, peer id or node name; empty: the own log.',
});
const size = Type.Optional(Type.Integer({ minimum: 0 }));
const entry = Type.String({ minLength: 1, maxLength: 128, description: 'Index, or id of a statement.' });
const closed = { additionalProperties: false } as const;
const open = Type.Unsafe<object>({ type: 'object', additionalProperties: true });

interface Asked {
  log: string;
  size?: number;
  entry: string;
}

export function registerLogServiceRoutes(app: FastifyInstance, node: NodeContext): void {
  const indexOf = async (origin: string, text: string): Promise<number> =>
    /^[0-9]{1,16}$/.test(text) ? Number(text) : await findStatement(node.store, origin, text);

  app.get<{ Querystring: Asked }>(
    pathOf('log.checkpoint'),
    {
      schema: {
        summary: 'The newest head of a log, the newest with a quorum of witnesses, or one by its size',
        querystring: Type.Object({ log, size }),
        response: { 200: open },
      },
    },
    async ({ query }) => {
      const origin = logNamed(node, query.log);
      const isForked = node.forks.has(origin);
      if (query.size === undefined) return { ...(await node.logProofs.newest(origin)), isForked };
      const [head] = await node.logProofs.checkpointHistory(origin, { below: query.size + 1, limit: 1 });
      if (head?.size !== query.size)
        throw new ZeroError('NOT_FOUND', `no head of size ${query.size} is kept here`);
      return { head, witnessed: null, isForked };
    },
  );
  app.get<{ Querystring: Asked & { below?: number; limit: number } }>(
    pathOf('log.checkpoints'),
    {
      schema: {
        summary: 'Kept heads of a log, the largest first',
        querystring: Type.Object({
          log,
          below: size,
          limit: Type.Integer({ minimum: 1, maximum: 256, default: 20 }),
        }),
        response: { 200: Type.Object({ checkpoints: Type.Array(open) }) },
      },
    },
    async ({ query }) => {
      const { below, limit } = query;
      const options = { limit, ...(below === undefined ? {} : { below }) };
      return { checkpoints: await node.logProofs.checkpointHistory(logNamed(node, query.log), options) };
    },
  );
  app.get<{ Querystring: Asked }>(
    pathOf('log.proof'),
    {
      schema: {
        summary: 'Proof that an entry is in a log (C2SP tlog-proof), and who vouches for its head',
        querystring: Type.Object({ log, entry, size }),
        response: { 200: open },
      },
    },
    async ({ query }) => {
      const origin = logNamed(node, query.log);
      const options = query.size === undefined ? {} : { size: query.size };
      return await node.logProofs.proveEntry(origin, await indexOf(origin, query.entry), options);
    },
  );
  app.get<{ Querystring: Asked }>(
    pathOf('log.entry'),
    {
      schema: {
        summary: 'The statement of an entry; one that was let go here is brought back from a peer',
        querystring: Type.Object({ log, entry }),
        response: { 200: open },
      },
    },
    async ({ query }) => {
      const origin = logNamed(node, query.log);
      const index = await indexOf(origin, query.entry);
      if ((await node.store.body(origin, index)) === undefined) await node.sync.fetchBody(origin, index);
      const body = await node.store.body(origin, index);
      if (body === undefined)
        throw new ZeroError(
          'NOT_FOUND',
          `the statement of entry ${index} is neither here nor at a connected peer`,
        );
      return { origin, index, envelope: envelopeToJson(decodeEnvelope(body)) };
    },
  );
  app.post<{ Body: { entry: string; copies: number } }>(
    pathOf('log.copies'),
    {
      schema: {
        summary:
          'Has other nodes prove that they hold an entry of the own log, and says what is durable where',
        body: Type.Object({ entry, copies: Type.Integer({ minimum: 0, maximum: 15, default: 2 }) }, closed),
        response: { 200: open },
      },
    },
    async ({ body }) => {
      const index = await indexOf(node.ownLog.origin, body.entry);
      const durability =
        body.copies === 0 ? ({ mode: 'local' } as const) : ({ mode: 'quorum', copies: body.copies } as const);
      return await node.copies.confirmDurable(index, { durability });
    },
  );
  app.post<{ Body: { log: string; from: string } }>(
    pathOf('log.check'),
    {
      schema: {
        summary: 'Reads a whole log from a peer over libp2p and computes everything again',
        body: Type.Object({ log, from: Type.String({ minLength: 1, maxLength: 256 }) }, closed),
        response: { 200: open },
      },
    },
    async ({ body }) => await auditFrom(node, logNamed(node, body.log), logNamed(node, body.from)),
  );
  app.get(
    pathOf('log.witnesses'),
    {
      schema: {
        summary: 'This node as a witness, whose cosignatures count here, and who vouches for the own log',
        response: { 200: open },
      },
    },
    async () => await witnessesView(node),
  );
  app.post(
    pathOf('log.witness'),
    { schema: { summary: 'Asks the witnesses to cosign the own log now', response: { 200: open } } },
    async () => {
      await node.cosignatures.collect();
      return await witnessesView(node);
    },
  );
  app.get(
    pathOf('log.forks'),
    {
      schema: {
        summary: 'Logs that signed two histories, with the evidence',
        response: { 200: Type.Object({ forks: Type.Array(open) }) },
      },
    },
    async () => ({
      forks: node.forks.list().map((finding) => ({
        origin: finding.origin,
        sizes: [finding.firstCheckpoint.size, finding.secondCheckpoint.size],
        evidence: new TextDecoder().decode(encodeEquivocation(finding)),
      })),
    }),
  );
}

async function witnessesView(node: NodeContext): Promise<object> {
  const { cosignatures, logProofs, ownLog, witness, witnessPolicy } = node;
  const held = ownLog.state().checkpoint !== '';
  const newest = held ? await logProofs.newest(ownLog.origin) : null;
  const counted = (newest?.witnessed ?? newest?.head)?.witnesses.counted ?? [];
  const named = witnessPolicy.named;
  const voters =
    named.length > 0
      ? named
      : counted.flatMap(({ peerId }) => (peerId === null ? [] : [witnessKeyOf(peerId)]));
  return {
    self: { name: witness.key.name, cosigns: node.config.logs.witness, logs: witness.logs },
    policy: {
      kind: witnessPolicy.kind,
      required: witnessPolicy.threshold,
      named: named.map(({ name }) => name),
      text: renderPolicy([{ key: ownKey(node) }], voters, witnessPolicy.threshold),
    },
    head: newest?.head ?? null,
    witnessed: newest?.witnessed ?? null,
    asked: cosignatures.asked(),
  };
}

function ownKey({ ownLog, peerId }: NodeContext) {
  return { ...witnessKeyOf(peerId), name: ownLog.origin, type: 1 };
}
