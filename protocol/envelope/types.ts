// The shapes of a DSSE envelope and of those who sign it.

/** One signature. The key id is a hint for finding a key quickly; it is not signed and decides nothing. */
export interface EnvelopeSignature {
  readonly keyid: string;
  readonly sig: Uint8Array;
}

/** A DSSE v1 envelope: the exact signed bytes, their type, and the signatures over pae(payloadType, payload). */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** Holds a private key and signs with it. */
export interface Signer {
  /** Name of the public key: a did:key. */
  readonly keyid: string;
  sign(message: Uint8Array): Uint8Array;
}
