// A2A 1.0 agent cards, as far as we write and read them (a2a-protocol.org, specification 1.0.1).

import type { JsonObject } from '../json/index.ts';

/** Our extension: what A2A has no member for. */
export const A2A_EXTENSION_URI = 'https://zerostate.dev/a2a/agent-card/v1';

/** Version of the protocol that exported interfaces speak. */
export const A2A_PROTOCOL_VERSION = '1.0';

export type A2aInterface = { url: string; protocolBinding: string; protocolVersion: string };
export type A2aSkill = { id: string; name: string; description: string; tags: string[] };
export type A2aSignature = { protected: string; signature: string };

/** An A2A card with no empty member: such a card has the same canonical bytes in every SDK. */
export type A2aCard = {
  name: string;
  description: string;
  supportedInterfaces: A2aInterface[];
  provider?: { organization: string; url: string };
  version: string;
  capabilities: {
    streaming?: boolean;
    extensions: { uri: string; description: string; params: { [name: string]: string } }[];
  };
  securitySchemes?: JsonObject;
  securityRequirements?: JsonObject[];
  defaultInputModes: string[];
  defaultOutputModes: string[];
  skills: A2aSkill[];
  signatures: A2aSignature[];
};

/** A key that the caller found by its own means: from a peer id, a did:key, or a key set it trusts; never from `jku` alone. */
export interface TrustedJwk {
  readonly kid: string;
  readonly jwk: JsonObject;
}
