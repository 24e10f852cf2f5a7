// The A2A card of an agent of this node, signed by the agent's own key, and the catalog that lists them all.

import { type A2aCard, exportA2aCard } from '../../protocol/a2a/index.ts';
import { checkCardTime, verifyCard } from '../../protocol/card/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import { rfc3339 } from '../clock/index.ts';
import type { NodeContext } from '../context.ts';
import { WASM_TYPE } from './message.ts';

type Known = Pick<NodeContext, 'book' | 'clock' | 'config' | 'peerId' | 'revocations' | 'vault'>;

export const A2A_CARD_TYPE = 'application/a2a-agent-card+json';
export const AI_CATALOG_TYPE = 'application/ai-catalog+json';
/** What a message may hold: words, the fields of a task, its module, its inputs. */
const INPUT_MODES = ['text/plain', 'application/json', WASM_TYPE, 'application/octet-stream'];
const OUTPUT_MODES = ['text/plain', 'application/json', 'application/octet-stream'];

/** Agents of this node whose cards are good, the first of the node first. */
export function servedAgents(node: Known): BookEntry[] {
  return node.vault.list().flatMap(({ agentId }) => {
    const entry = node.book.get(agentId);
    if (entry === undefined) return [];
    const good = node.revocations.verdict(entry).revoked === null;
    return good && checkCardTime(entry.card, node.clock.now()) !== 'expired' ? [entry] : [];
  });
}

/** The agent that is named, or the first. Throws NOT_FOUND. */
export function servedAgent(node: Known, agentId?: string): BookEntry {
  const all = servedAgents(node);
  const found = agentId === undefined ? all[0] : all.find((entry) => entry.agentId === agentId);
  if (found !== undefined) return found;
  throw new ZeroError('NOT_FOUND', 'no agent of this node has a card that is good', {
    hint: 'Publish one: zerostate card publish FILE.',
  });
}

const pathOf = (agentId: string) => `/a2a/${encodeURIComponent(agentId)}`;

/** The signed A2A card; `base` is where clients reach this node's API. */
export function a2aCardOf(node: Known, { agentId, bytes }: BookEntry, base: string): A2aCard {
  return exportA2aCard({
    card: verifyCard(bytes),
    interfaces: [{ url: base + pathOf(agentId), protocolBinding: 'JSONRPC' }],
    signer: seedSigner(node.vault.get(agentId).operationalSeed),
    inputModes: INPUT_MODES,
    outputModes: OUTPUT_MODES,
    streaming: true,
    bearer: true,
  });
}

/** The AI Catalog of this node: one entry an agent, each with the address of its card. */
export function catalogOf(node: Known, base: string) {
  return {
    specVersion: '1.0',
    host: { displayName: node.config.name, identifier: `urn:libp2p:${node.peerId}` },
    entries: servedAgents(node).map(({ agentId, card, cardId }) => ({
      identifier: agentId,
      type: A2A_CARD_TYPE,
      url: `${base}${pathOf(agentId)}/agent-card.json`,
      displayName: card.name,
      description: card.description,
      tags: card.tags,
      version: `${card.epoch}.${card.keySerial}.${card.sequence}`,
      updatedAt: rfc3339(Date.parse(card.issuedAt)),
      metadata: { 'dev.zerostate.cardId': cardId, 'dev.zerostate.region': card.region },
    })),
  };
}
