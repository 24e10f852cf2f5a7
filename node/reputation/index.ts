// Reputation: made before the logs are read, since it is made of them.

import type { Ground } from '../context.ts';
import type { StatementRouter } from '../statements/router.ts';
import { ReputationService } from './reputation-service.ts';

export { type ObjectionOrder, object } from './objector.ts';
export { Reporter, type ReporterDeps } from './reporter.ts';
export { type Gate, ReputationService } from './reputation-service.ts';
export { bookOfLines, statementLines } from './statement-file.ts';

/** The service; it has heard every statement once the router has read the logs. */
export function makeReputation(
  deps: Pick<Ground, 'clock' | 'config' | 'vault'> & { readonly router: StatementRouter },
) {
  const { clock, config, router, vault } = deps;
  const reputation = new ReputationService({
    clock,
    own: () => vault.list().map(({ agentId }) => agentId),
    ...config.reputation,
  });
  router.listen((statement) => reputation.offer(statement));
  return { reputation };
}
