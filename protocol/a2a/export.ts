// Writes an agent card as an A2A 1.0 card that A2A clients read and verify. What A2A has no member for goes into our extension, as strings:
// SDKs drop unknown members, and what they drop they do not verify.

import type { VerifiedCard } from '../card/index.ts';
import { encodeEnvelope, type Signer } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { canonicalJson, type JsonObject } from '../json/index.ts';
import { signJws } from './jws.ts';
import { A2A_INTERFACES_MAX } from './limits.ts';
import { A2A_EXTENSION_URI, A2A_PROTOCOL_VERSION, type A2aCard, type A2aInterface } from './types.ts';

export interface A2aExportInput {
  readonly card: VerifiedCard;
  /** Absolute URLs at which the agent answers; the first is preferred. */
  readonly interfaces: readonly {
    readonly url: string;
    readonly protocolBinding: 'JSONRPC' | 'GRPC' | 'HTTP+JSON';
  }[];
  /** The operational key of the card. */
  readonly signer: Signer;
  /** Web site of the operator. A2A wants a URL with every provider, so without it the operator stays in the extension. */
  readonly providerUrl?: string;
  readonly inputModes?: readonly string[];
  readonly outputModes?: readonly string[];
  /** The interfaces tell how a task goes while it runs. */
  readonly streaming?: boolean;
  /** The interfaces want a bearer token. */
  readonly bearer?: boolean;
}

const MODES = ['application/json', 'text/plain'];

const BEARER = {
  securitySchemes: { token: { httpAuthSecurityScheme: { scheme: 'Bearer' } } },
  // An empty list of scopes would be dropped by SDKs, and the signature with it.
  securityRequirements: [{ schemes: { token: { list: ['operate'] } } }],
};

function extensionParams({ card, cardId, envelope }: VerifiedCard): { [name: string]: string } {
  return {
    agentId: card.id,
    cardId,
    epoch: String(card.epoch),
    keySerial: String(card.keySerial),
    sequence: String(card.sequence),
    ...(card.previous === null ? {} : { previous: card.previous }),
    issuedAt: card.issuedAt,
    expiresAt: card.expiresAt,
    region: card.region,
    sla: card.sla,
    ...(card.operator === undefined ? {} : { operator: card.operator }),
    // Revocations of this agent are statements in this log.
    ...(card.log === null ? {} : { log: card.log.origin }),
    // The signed card itself, so that the A2A card can be proven to say the same.
    card: encodeEnvelope(envelope).toBase64(),
  };
}

/** The members that a card of ours determines; importing compares them. */
export function a2aBody(
  verified: VerifiedCard,
): Pick<A2aCard, 'name' | 'description' | 'version' | 'capabilities' | 'skills'> {
  const { card } = verified;
  return {
    name: card.name,
    description: card.description,
    version: `${card.epoch}.${card.keySerial}.${card.sequence}`,
    capabilities: {
      extensions: [
        {
          uri: A2A_EXTENSION_URI,
          description: 'Identity, order, expiry and proof of this card',
          params: extensionParams(verified),
        },
      ],
    },
    // A2A wants tags on every skill, and SDKs strip empty lists.
    skills: card.capabilities.map(({ name, description, tags }) => ({
      id: name,
      name,
      description,
      tags: tags.length > 0 ? tags : [name],
    })),
  };
}

function checkUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ZeroError('DECODE_FAILED', 'an A2A interface needs an absolute http(s) URL');
  return url;
}

/**
 * The A2A card of an agent card, signed with the card's operational key (detached JWS over RFC 8785, EdDSA).
 * Errors: CARD_INVALID when the signer is not the card's key, DECODE_FAILED without a usable interface.
 */
export function exportA2aCard(input: A2aExportInput): A2aCard {
  const { card } = input.card;
  if (input.signer.keyid !== card.operationalKey)
    throw new ZeroError('CARD_INVALID', 'an A2A card is signed with the operational key of its card');
  if (input.interfaces.length === 0 || input.interfaces.length > A2A_INTERFACES_MAX)
    throw new ZeroError('DECODE_FAILED', `an A2A card has between 1 and ${A2A_INTERFACES_MAX} interfaces`);
  const supportedInterfaces: A2aInterface[] = input.interfaces.map(({ url, protocolBinding }) => ({
    url: checkUrl(url),
    protocolBinding,
    protocolVersion: A2A_PROTOCOL_VERSION,
  }));
  const provider =
    card.operator === undefined || input.providerUrl === undefined
      ? {}
      : { provider: { organization: card.operator, url: checkUrl(input.providerUrl) } };
  const body = a2aBody(input.card);
  const unsigned = {
    ...body,
    ...(input.streaming === true ? { capabilities: { streaming: true, ...body.capabilities } } : {}),
    ...(input.bearer === true ? BEARER : {}),
    supportedInterfaces,
    ...provider,
    defaultInputModes: [...(input.inputModes ?? MODES)],
    defaultOutputModes: [...(input.outputModes ?? MODES)],
  };
  return {
    ...unsigned,
    signatures: [signJws(canonicalJson(unsigned as unknown as JsonObject), input.signer)],
  };
}
