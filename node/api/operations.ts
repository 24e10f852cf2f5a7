// The manifest of the HTTP API: every operation behind a token, what it is called, and what a token must be allowed to do for it. Routes take
// their paths from this list, and an API whose routes are not exactly these does not start; the OpenAPI document, the client and its types
// are made from it.

/** What a token allows, each with all before it: to look, to work, to change who is trusted and what is allowed. */
export const SCOPES = ['read', 'operate', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** One operation. `id` is its name in the OpenAPI document and in the client. */
export interface Operation {
  readonly id: OperationName;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly scope: Scope;
  /** Whether its answer holds a secret, which is written nowhere. */
  readonly secret: boolean;
}

const TABLE = `
node.get GET /v1/node read
node.network GET /v1/network read
node.peers GET /v1/peers read
node.events GET /v1/events read
api.document GET /v1/openapi.json read
node.backup GET /v1/backup admin
cards.list GET /v1/cards read
cards.publish POST /v1/cards operate
cards.get GET /v1/cards/:agentId read
cards.update POST /v1/cards/:agentId operate
cards.resolve GET /v1/cards/:agentId/resolve read
cards.rotate POST /v1/cards/:agentId/rotate admin
cards.revoke POST /v1/cards/:agentId/revoke admin
agents.find POST /v1/find read
agents.trust GET /v1/trust/:agentId read
tasks.submit POST /v1/tasks operate
tasks.list GET /v1/tasks read
tasks.get GET /v1/tasks/:id read
tasks.output GET /v1/tasks/:id/output read
tasks.cancel POST /v1/tasks/:id/cancel operate
receipts.list GET /v1/receipts read
receipts.get GET /v1/receipts/:id read
receipts.verify POST /v1/verify read
guilds.create POST /v1/guilds operate
guilds.list GET /v1/guilds read
guilds.get GET /v1/guilds/:id read
guilds.invite POST /v1/guilds/:id/invite operate
guilds.join POST /v1/guilds/:id/join operate
guilds.remove POST /v1/guilds/:id/remove operate
guilds.leave POST /v1/guilds/:id/leave operate
guilds.dissolve POST /v1/guilds/:id/dissolve operate
channels.list GET /v1/channels read
channels.open POST /v1/channels operate
channels.get GET /v1/channels/:channel read
channels.pay POST /v1/channels/:channel/pay operate
channels.close POST /v1/channels/:channel/close operate
channels.dispute POST /v1/channels/:channel/dispute operate
ledger.list GET /v1/ledger read
ledger.balances GET /v1/ledger/balances read
ledger.account GET /v1/ledger/accounts/:account read
ledger.report GET /v1/ledger/report read
ledger.post POST /v1/ledger/postings admin
partners.list GET /v1/partners read
partners.add POST /v1/partners admin
partners.get GET /v1/partners/:agent read
partners.sync POST /v1/partners/:agent/sync operate
partners.remove POST /v1/partners/:agent/remove admin
partners.evidence GET /v1/partner-evidence/:id read
partners.query POST /v1/partners/query read
sealed.add POST /v1/sealed operate
sealed.open POST /v1/sealed/open read
log.get GET /v1/log read
log.list GET /v1/logs read
log.revocations GET /v1/revocations read
log.freshness GET /v1/freshness read
log.checkpoint GET /v1/log/checkpoint read
log.checkpoints GET /v1/log/checkpoints read
log.proof GET /v1/log/proof read
log.entry GET /v1/log/entry read
log.copies POST /v1/log/copies operate
log.check POST /v1/log/check operate
log.witnesses GET /v1/log/witnesses read
log.witness POST /v1/log/witnesses operate
log.forks GET /v1/log/forks read
artifacts.add POST /v1/artifacts operate
artifacts.list GET /v1/artifacts read
artifacts.get GET /v1/artifacts/:cid read
artifacts.fetch POST /v1/artifacts/:cid/fetch operate
artifacts.content GET /v1/artifacts/:cid/content read
artifacts.pin POST /v1/artifacts/:cid/pin operate
artifacts.unpin POST /v1/artifacts/:cid/unpin operate
provenance.query POST /v1/provenance/query read
provenance.add POST /v1/provenance operate
provenance.bundle POST /v1/provenance/bundle read
provenance.original GET /v1/provenance/originals/:digest read
provenance.proof GET /v1/provenance/:id/proof read
provenance.revoke POST /v1/provenance/revoke operate
relays.paid GET /v1/relays/paid read
relays.bill GET /v1/relays/:peer/bill read
relays.pay POST /v1/relays/:peer/pay operate
reputation.list GET /v1/reputation read
reputation.get GET /v1/reputation/:agentId read
reputation.events GET /v1/reputation/:agentId/events read
reputation.object POST /v1/reputation-objections operate
reputation.log GET /v1/reputation-log read
quarantine.list GET /v1/quarantine read
quarantine.get GET /v1/quarantine/:id read
quarantine.impact POST /v1/quarantine/impact read
quarantine.order POST /v1/quarantine admin
quarantine.release POST /v1/quarantine/:id/release admin
policy.get GET /v1/policy read
policy.apply POST /v1/policy admin
policy.rollback POST /v1/policy/rollback admin
policy.history GET /v1/policy/history read
decisions.list GET /v1/decisions read
decisions.get GET /v1/decisions/:id read
decisions.replay POST /v1/decisions/:id/replay read
capsules.get GET /v1/capsules/:id read
overrides.list GET /v1/overrides read
overrides.add POST /v1/overrides admin
overrides.end POST /v1/overrides/:id/end admin
routing.get GET /v1/routing read
routing.stream GET /v1/routing/streams/:stream read
routing.routes GET /v1/routing/routes read
routing.drain POST /v1/routing/drain admin
routing.policy POST /v1/routing/policy admin
tokens.list GET /v1/tokens admin
tokens.create POST /v1/tokens admin secret
tokens.revoke POST /v1/tokens/:name/revoke admin
a2a.request POST /a2a/:agentId operate
`;

type NamesOf<T extends string, Names = never> = T extends `${infer Line}\n${infer Rest}`
  ? NamesOf<Rest, Names | (Line extends `${infer Name} ${string}` ? Name : never)>
  : Names;
/** Name of an operation. */
export type OperationName = NamesOf<typeof TABLE>;

/** Every operation. */
export const OPERATIONS: readonly Operation[] = TABLE.trim()
  .split('\n')
  .map((line) => {
    const [id, method, path, scope, mark] = line.split(' ') as [
      OperationName,
      Operation['method'],
      string,
      Scope,
      string?,
    ];
    return { id, method, path, scope, secret: mark === 'secret' };
  });

const BY_ROUTE = new Map(OPERATIONS.map((operation) => [`${operation.method} ${operation.path}`, operation]));

const PATHS = new Map<string, string>(OPERATIONS.map(({ id, path }) => [id, path]));

/** The path that an operation is reached at, as fastify writes it. */
export function pathOf(id: OperationName): string {
  return PATHS.get(id) as string;
}

/** The operation of a route. */
export function operationOf(method: string, path: string): Operation | undefined {
  return BY_ROUTE.get(`${method} ${path}`);
}

/** The operation that a request to a route asks for: HEAD asks what GET does, and is told less. */
export function operationAsked(method: string, path = ''): Operation | undefined {
  return operationOf(method === 'HEAD' ? 'GET' : method, path);
}

/** The operation that a path belongs to, with or without a query. */
export function operationAt(method: string, path: string): Operation | undefined {
  const parts = (path.split('?')[0] as string).split('/');
  return OPERATIONS.find((operation) => {
    const wanted = operation.path.split('/');
    return (
      operation.method === method &&
      wanted.length === parts.length &&
      wanted.every((part, at) => part === parts[at] || (part.startsWith(':') && parts[at] !== ''))
    );
  });
}

/** Whether a token of one scope may do what another is needed for. */
export function allows(has: Scope, needs: Scope): boolean {
  return SCOPES.indexOf(has) >= SCOPES.indexOf(needs);
}
