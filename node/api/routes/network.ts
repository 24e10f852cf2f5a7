// Routes about the node itself and the network it sees; health and metrics.

import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { loopLagMs } from '../../busy.ts';
import type { NodeContext } from '../../context.ts';
import type { Metrics } from '../../metrics/index.ts';
import { peersView } from '../../network/peers-view.ts';
import { degradedReasons } from '../../policy/index.ts';
import { mayWrite } from '../../storage/write-probe.ts';
import { networkView, nodeView } from '../../views.ts';
import { pathOf } from '../operations.ts';
import { fewOf, heldAgents, readiness, roomBytes } from '../readiness.ts';
import { shared } from '../shared.ts';
import { networkViewSchema, nodeViewSchema, peersViewSchema } from '../views.ts';

const healthSchema = Type.Object({
  ok: Type.Boolean(),
  /** True while the node acts on less than it should know, because a person said so or because it cannot do better. */
  degraded: Type.Boolean(),
  checks: Type.Array(Type.Object({ name: Type.String(), ok: Type.Boolean(), detail: Type.String() })),
});

export function registerNetworkRoutes(app: FastifyInstance, node: NodeContext, metrics: Metrics): void {
  app.get(
    pathOf('node.get'),
    { schema: { summary: 'This node', response: { 200: nodeViewSchema } } },
    async () => nodeView(node),
  );
  app.get(
    pathOf('node.network'),
    { schema: { summary: 'Nodes and connections, as announced', response: { 200: networkViewSchema } } },
    async () => networkView(node),
  );
  app.get(
    pathOf('node.peers'),
    {
      schema: {
        summary: 'Peers: connected or not, limited or not, and why',
        response: { 200: peersViewSchema },
      },
    },
    async () => peersView(node),
  );
  app.get('/livez', { schema: { summary: 'The process answers', security: [] } }, async () => ({ ok: true }));
  app.get(
    '/readyz',
    {
      schema: {
        summary: 'The node can serve: database readable, network joined',
        security: [],
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const checks = await readiness(node);
      const ok = checks.every((check) => check.ok);
      const reasons = degradedReasons(node);
      const endings = node.renewer.warnings();
      const damaged = damagedChannels(node);
      const policy = { name: 'policy', ok: true, detail: policyDetail(node, reasons) };
      const cards = { name: 'cards', ok: true, detail: cardsDetail(endings) };
      const payments = { name: 'payments', ok: true, detail: paymentsDetail(damaged) };
      return reply.status(ok ? 200 : 503).send({
        ok,
        degraded: reasons.length + endings.length + heldAgents(node).length + damaged.length > 0,
        checks: [...checks, policy, cards, payments],
      });
    },
  );
  // They need no token and take the thread for milliseconds: whoever asks while they are made gets the same.
  const rendered = shared(() => render(node, metrics));
  app.get('/metrics', { schema: { summary: 'Prometheus metrics', security: [] } }, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await rendered()),
  );
}

async function render(node: NodeContext, metrics: Metrics): Promise<string> {
  const room = await roomBytes(node.home);
  const lagMs = loopLagMs();
  for (const { name, ok } of await readiness(node, { lagMs, mayWrite, roomBytes: async () => room }))
    metrics.set('zerostate_ready', ok ? 1 : 0, { check: name });
  metrics.set('zerostate_loop_lag_seconds', lagMs / 1_000);
  const reasons = degradedReasons(node).length + heldAgents(node).length + damagedChannels(node).length;
  metrics.set('zerostate_degraded', reasons);
  metrics.set('zerostate_cards_ending', node.renewer.warnings().length);
  node.quarantines.count();
  // Not only when something is written: a start is no reason to say 0.
  metrics.set('zerostate_log_size', node.ownLog.state().size);
  metrics.set('zerostate_log_bytes', node.store.bytes);
  if (room === undefined) metrics.forget('zerostate_disk_free_bytes', {});
  else metrics.set('zerostate_disk_free_bytes', room);
  return await metrics.render();
}

const damagedChannels = ({ payments }: NodeContext): string[] => [...payments.damaged.keys()];

function paymentsDetail(damaged: readonly string[]): string {
  if (damaged.length === 0) return 'every channel reads back';
  return `degraded: damaged, and left as they are: ${fewOf(damaged)}`;
}

function cardsDetail(endings: readonly string[]): string {
  if (endings.length === 0) return 'those of the agents here last';
  return `degraded: ${fewOf(endings)}`;
}

function policyDetail({ policy }: NodeContext, reasons: readonly string[]): string {
  const { name, sequence } = policy.bundles.active;
  const which = sequence === 0 ? 'the built-in policies are in force' : `"${name}" ${sequence} is in force`;
  return reasons.length === 0 ? which : `${which}; degraded: ${reasons.join('; ')}`;
}
