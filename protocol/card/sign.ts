// Drafts and signs agent cards. Sequence and times are arguments.

import { type Envelope, type Signer, signEnvelope } from '../envelope/index.ts';
import { type Keychain, keychainToJson, verifyKeychain } from '../identity/index.ts';
import { canonicalJson, isJsonObject, type JsonValue } from '../json/index.ts';
import { CARD_BYTES_MAX } from './limits.ts';
import { readDraft } from './read.ts';
import {
  AGENT_CARD_TYPE,
  type AgentCard,
  CARD_CONTEXT,
  type CardDraft,
  type CardLog,
  type Endpoint,
} from './types.ts';
import { verifyCard } from './verify.ts';

export interface SignCardInput {
  readonly draft: CardDraft;
  readonly agent: { readonly keychain: Keychain };
  readonly operationalSigner: Signer;
  /** The ML-DSA-65 operational key, exactly when the agent has one. */
  readonly postQuantumSigner?: Signer;
  /** One more than the card before. */
  readonly sequence: number;
  /** Id of the card before, null for the first. */
  readonly previous: string | null;
  /** RFC 3339 UTC; both within the delegation of the operational key. */
  readonly issuedAt: string;
  readonly expiresAt: string;
  readonly endpoints: readonly Endpoint[];
  readonly log: CardLog | null;
}

/**
 * Checks what a person wrote and returns it as a draft. A missing region is filled in from the publishing node's.
 * Errors: DECODE_FAILED naming the member at fault, LIMIT_EXCEEDED.
 */
export function draftCard(input: unknown, defaults: { region?: string } = {}): CardDraft {
  const value = input as JsonValue;
  if (isJsonObject(value) && !Object.hasOwn(value, 'region') && defaults.region !== undefined)
    return readDraft({ ...value, region: defaults.region });
  return readDraft(value);
}

/**
 * Signs a card. The result is verified before it is returned, so a card that others would refuse never leaves.
 * Errors: CARD_INVALID, KEYCHAIN_INVALID, SIGNATURE_INVALID (not the operational key), DECODE_FAILED, LIMIT_EXCEEDED.
 */
export function signCard(input: SignCardInput): Envelope {
  const keys = verifyKeychain(input.agent.keychain);
  const card: AgentCard = {
    '@context': CARD_CONTEXT,
    type: 'AgentCard',
    id: keys.agentId,
    epoch: keys.epoch,
    keySerial: keys.serial,
    sequence: input.sequence,
    previous: input.previous,
    issuedAt: input.issuedAt,
    expiresAt: input.expiresAt,
    ...draftCard(input.draft),
    endpoints: [...input.endpoints],
    operationalKey: keys.operationalKey,
    nextKey: keys.nextKey,
    log: input.log,
    keychain: keychainToJson(input.agent.keychain),
  };
  const payload = canonicalJson(card as unknown as JsonValue);
  const envelope = signEnvelope(
    {
      payloadType: AGENT_CARD_TYPE,
      payload,
      signers: [
        input.operationalSigner,
        ...(input.postQuantumSigner === undefined ? [] : [input.postQuantumSigner]),
      ],
    },
    { payloadBytesMax: CARD_BYTES_MAX },
  );
  verifyCard(envelope);
  return envelope;
}
