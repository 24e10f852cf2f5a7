// What the API shows of partners and of federated answers. Reads only.

import { scopeToJson } from '../../protocol/partner/index.ts';
import type { ProvenanceQuery } from '../../protocol/provenance/index.ts';
import type { NodeContext } from '../context.ts';
import { RowJudge } from '../provenance/index.ts';
import type { FederatedEvent, FederatedOptions } from './federated-types.ts';
import { isInForce, type Partner, type Signed } from './partner-book.ts';
import type { Partners } from './partners.ts';

const timeOf = (ms: number) => new Date(ms).toISOString();

function signedView(signed: Signed | null, now: number) {
  if (signed === null) return null;
  const { agreement } = signed;
  return {
    agreement: agreement.id,
    isInForce: isInForce(signed, now),
    since: timeOf(agreement.issuedAtMs),
    until: timeOf(agreement.notAfterMs),
    scope: scopeToJson(agreement.scope),
    budget: agreement.budget,
  };
}

/** A partner, for people and scripts. */
export function partnerView(partners: Partners, partner: Partner) {
  const now = partners.now();
  const { agent, name, peers, self, usage } = partner;
  const { status, score, share, latencyMs, isAwaited } = partners.book.standing(partner);
  return {
    agent,
    name,
    self,
    peers: [...peers],
    isConnected: partners.isConnected(partner),
    isForked: partners.isForked(partner),
    given: signedView(partner.given, now),
    taken: signedView(partner.taken, now),
    standing: {
      status,
      score,
      /** Thousandths of the agreed budget that it is served. */
      share,
      latencyMs: latencyMs === null ? null : Math.round(latencyMs),
      isAwaited,
      counts: usage.counts,
      rows: usage.rows,
    },
    evidence: partners.evidence.of(agent).map(({ id, finding }) => ({
      id,
      lie: finding.lie,
      detail: finding.detail,
      at: timeOf(finding.issuedAtMs),
    })),
    addedAt: timeOf(partner.addedAt),
  };
}

export type PartnerView = ReturnType<typeof partnerView>;

/** A federated answer as lines of JSON: judged rows, what partners opened, how each partner ended, the end. */
export async function* federatedLines(
  node: NodeContext,
  query: ProvenanceQuery,
  options: FederatedOptions,
): AsyncGenerator<string> {
  const judge = new RowJudge(node, node.provenance.service.graph, query.at);
  for await (const event of node.partners.federation.query(query, options))
    yield `${JSON.stringify(await lineOf(judge, event))}\n`;
}

async function lineOf(judge: RowJudge, event: FederatedEvent): Promise<unknown> {
  switch (event.kind) {
    case 'row':
      return { ...(await judge.view(event.checked)), from: event.from };
    case 'opening': {
      const { from, opened, statementId } = event;
      return { kind: 'opening', from, statementId, isPartial: opened.isPartial, ...opened.body };
    }
    default:
      return event;
  }
}
