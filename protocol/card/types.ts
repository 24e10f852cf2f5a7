// The shapes of agent cards.

import type { AgentId, KeychainJson } from '../identity/index.ts';
import type { JsonObject } from '../json/index.ts';

export const AGENT_CARD_TYPE = 'application/vnd.zerostate.agent-card+json';

/** The JSON-LD context of version 1; a change of meaning is a new context. */
export const CARD_CONTEXT = 'https://zerostate.dev/contexts/agent-card/v1';

export const PRICE_UNITS = ['request', 'fuel', 'byte', 'gb-second', 'token'] as const;
export const SLA_CLASSES = ['best-effort', 'standard', 'premium'] as const;

export type PriceUnit = (typeof PRICE_UNITS)[number];
export type SlaClass = (typeof SLA_CLASSES)[number];

export type Capability = { name: string; description: string; tags: string[] };

/** Amount: a decimal integer, in millionths of the currency, for `per` units; for one where it is left out. */
export type Price = { unit: PriceUnit; amount: string; currency: string; per?: string };

/** Where the agent answers: protocol is a libp2p protocol id or the https URL of a binding. */
export type Endpoint = { protocol: string; peer: string; addresses: string[] };

/** What a person writes. */
export type CardDraft = {
  name: string;
  description: string;
  region: string;
  operator?: string;
  capabilities: Capability[];
  tags: string[];
  languages?: string[];
  prices: Price[];
  sla: SlaClass;
  /** Data of others, by URI; carried and signed, read by nobody here. */
  extensions?: JsonObject;
};

/** The newest checkpoint of the log that holds this agent's statements, when the card was signed. Root: base64. */
export type CardLog = { origin: string; size: number; root: string };

/** A signed card's payload. */
export type AgentCard = CardDraft & {
  '@context': typeof CARD_CONTEXT;
  type: 'AgentCard';
  id: AgentId;
  epoch: number;
  keySerial: number;
  sequence: number;
  /** Id of the card before this one, null in the first. */
  previous: string | null;
  issuedAt: string;
  expiresAt: string;
  endpoints: Endpoint[];
  /** did:key of the key that signed this card. */
  operationalKey: string;
  /** Commitment to the identity key of the next epoch. */
  nextKey: string;
  log: CardLog | null;
  keychain: KeychainJson;
};
