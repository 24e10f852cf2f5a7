// The HTTP API of a node: every route, in one list.

import type { FastifyInstance } from 'fastify';
import type { NodeContext } from '../context.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { IdempotencyBook } from './idempotency.ts';
import { registerA2aRoutes } from './routes/a2a.ts';
import { registerArtifactRoutes } from './routes/artifacts.ts';
import { registerBackupRoutes } from './routes/backup.ts';
import { registerCapsuleRoutes } from './routes/capsules.ts';
import { registerCardRoutes } from './routes/cards.ts';
import { registerConsole } from './routes/console.ts';
import { registerEventRoutes } from './routes/events.ts';
import { registerFindRoutes } from './routes/find.ts';
import { registerGuildRoutes } from './routes/guilds.ts';
import { registerLogServiceRoutes } from './routes/log-service.ts';
import { registerLogRoutes } from './routes/logs.ts';
import { registerNetworkRoutes } from './routes/network.ts';
import { registerPartnerRoutes } from './routes/partners.ts';
import { registerPaymentRoutes } from './routes/payments.ts';
import { registerPolicyRoutes } from './routes/policy.ts';
import { registerProvenanceRoutes } from './routes/provenance.ts';
import { registerQuarantineRoutes } from './routes/quarantine.ts';
import { registerRelayRoutes } from './routes/relays.ts';
import { registerReputationRoutes } from './routes/reputation.ts';
import { registerRoutingRoutes } from './routes/routing.ts';
import { registerTaskRoutes } from './routes/tasks.ts';
import { registerTileRoutes } from './routes/tiles.ts';
import { registerTokenRoutes } from './routes/tokens.ts';
import { registerTrustRoutes } from './routes/trust.ts';
import { registerWitnessRoutes } from './routes/witness.ts';
import { type ApiServer, startApi } from './server.ts';
import { TokenBook } from './tokens.ts';

export type { ApiServer } from './server.ts';

/** Starts the API of a node. Throws PORT_IN_USE. */
export async function serveNode(
  node: NodeContext,
  options: { token: string; log: Logger; metrics: Metrics },
): Promise<ApiServer> {
  const { clock, config, db } = node;
  const tokens = new TokenBook(db, clock);
  const answers = new IdempotencyBook(db, clock);
  await Promise.all([tokens.load(), answers.load()]);
  const { requestsPerSecond } = config.api;
  return await startApi({
    ...config.api,
    access: { token: options.token, tokens, answers, clock, requestsPerSecond },
    overload: node.admission.overload,
    log: options.log,
    metrics: options.metrics,
    routes: (app) => registerRoutes(app, node, { ...options, tokens }),
  });
}

/** Every route. */
export async function registerRoutes(
  app: FastifyInstance,
  node: NodeContext,
  options: { metrics: Metrics; tokens: TokenBook },
): Promise<void> {
  registerNetworkRoutes(app, node, options.metrics);
  registerBackupRoutes(app, node);
  registerCapsuleRoutes(app, node);
  registerCardRoutes(app, node);
  registerFindRoutes(app, node);
  registerTaskRoutes(app, node);
  registerGuildRoutes(app, node);
  registerPaymentRoutes(app, node);
  registerPartnerRoutes(app, node);
  registerLogRoutes(app, node);
  registerLogServiceRoutes(app, node);
  registerTileRoutes(app, node);
  await registerWitnessRoutes(app, node);
  await registerArtifactRoutes(app, node);
  registerProvenanceRoutes(app, node);
  registerRelayRoutes(app, node);
  registerRoutingRoutes(app, node);
  registerReputationRoutes(app, node);
  registerPolicyRoutes(app, node);
  registerTrustRoutes(app, node);
  registerQuarantineRoutes(app, node);
  registerTokenRoutes(app, options.tokens);
  registerA2aRoutes(app, node);
  registerEventRoutes(app, node, options.tokens);
  await registerConsole(app);
}
