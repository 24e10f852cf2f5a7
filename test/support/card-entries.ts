// Signed and verified cards as the index takes them, for tests and benchmarks.

import type { CardEntry } from '../../index-service/index.ts';
import { type CardDraft, verifyCard } from '../../protocol/card/index.ts';
import { encodeEnvelope } from '../../protocol/envelope/index.ts';
import { DRAFT, makeAgent, makeCard, type TestAgent } from './agents.ts';

/** The entry of one signed card. */
export function cardEntry(
  agent: TestAgent,
  draft: Partial<CardDraft> = {},
  changes: Parameters<typeof makeCard>[1] = {},
): CardEntry {
  const envelope = makeCard(agent, { draft: { ...DRAFT, ...draft }, ...changes });
  const { card, cardId } = verifyCard(envelope);
  return { agentId: agent.agentId, cardId, card, envelope: encodeEnvelope(envelope) };
}

/** One card of an agent of its own for each draft; at most 250, because a test agent is a byte. */
export function cardEntries(drafts: readonly Partial<CardDraft>[]): CardEntry[] {
  return drafts.map((draft, i) => cardEntry(makeAgent(i + 1), draft));
}
