// The HTTP API of a node: every route, in one list.

import type { NodeContext } from '../context.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { registerA2aRoutes } from './routes/a2a.ts';
import { registerArtifactRoutes } from './routes/artifacts.ts';
import { registerBackupRoutes } from './routes/backup.ts';
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
import { registerRelayRoutes } from './routes/relays.ts';
import { registerReputationRoutes } from './routes/reputation.ts';
import { registerTaskRoutes } from './routes/tasks.ts';
import { registerTileRoutes } from './routes/tiles.ts';
import { registerTrustRoutes } from './routes/trust.ts';
import { registerWitnessRoutes } from './routes/witness.ts';
import { type ApiServer, startApi } from './server.ts';

export type { ApiServer } from './server.ts';

/** Starts the API of a node. Throws PORT_IN_USE. */
export async function serveNode(
  node: NodeContext,
  options: { token: string; log: Logger; metrics: Metrics },
): Promise<ApiServer> {
  return await startApi({
    ...node.config.api,
    token: options.token,
    log: options.log,
    routes: async (app) => {
      registerNetworkRoutes(app, node, options.metrics);
      registerBackupRoutes(app, node);
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
      registerReputationRoutes(app, node);
      registerPolicyRoutes(app, node);
      registerTrustRoutes(app, node);
      registerA2aRoutes(app, node);
      registerEventRoutes(app, node);
      await registerConsole(app);
    },
  });
}
