// Which partner is meant: by the agent's id, its end, the name that this node calls it, or the name on its card.

import type { PartnerView } from '../partners/view.ts';
import type { ApiClient } from './client.ts';
import { agentOf } from './commands/card.ts';
import { idOf } from './short-id.ts';

/** What the argument of such a command says of itself. */
export const PARTNER_HELP = 'agent id, its end, or a name';

/** The agent id of a partner. Throws NOT_FOUND, or USAGE when several are meant. */
export async function partnerOf(client: ApiClient, text: string): Promise<string> {
  const { partners } = await client.get<{ partners: PartnerView[] }>('/v1/partners');
  const known = partners.map(({ agent, name }) => ({ id: agent, name }));
  return idOf(text, known) ?? (await agentOf(client, text));
}
