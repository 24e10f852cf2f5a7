// What the checks of the MLS vectors share: the cipher suite, hexadecimal, and comparing.

import {
  type CiphersuiteImpl,
  type ClientConfig,
  defaultKeyPackageEqualityConfig,
  defaultPaddingConfig,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
} from 'ts-mls';

/** One case of a vector file. */
// biome-ignore lint/suspicious/noExplicitAny: vector files have fifteen shapes; each check names what it reads
export type Rows = Record<string, any>;

/** Checks one case: undefined when it is as published, else what differs. */
export type MlsCase = (row: Rows, suite: CiphersuiteImpl) => Promise<string | undefined>;

/** The one cipher suite of guilds. */
export function mlsSuite(): Promise<CiphersuiteImpl> {
  return getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'));
}

/** The vectors are older than any lifetime, and their credentials are made up. */
export const VECTOR_CLIENT: ClientConfig = {
  keyRetentionConfig: {
    retainKeysForGenerations: 10,
    retainKeysForEpochs: 4,
    maximumForwardRatchetSteps: 1_000,
  },
  lifetimeConfig: { maximumTotalLifetime: 2n ** 63n, validateLifetimeOnReceive: false },
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  paddingConfig: defaultPaddingConfig,
  authService: { validateCredential: async () => true },
};

/** Bytes of hexadecimal text. */
export function hex(text: string | null): Uint8Array {
  return Uint8Array.fromHex(text ?? '');
}

/** The name of the first part that differs. */
export function differing(
  parts: Readonly<Record<string, readonly [Uint8Array, string]>>,
): string | undefined {
  return Object.entries(parts).find(([, [got, wanted]]) => got.toHex() !== wanted.toLowerCase())?.[0];
}

/** Decodes exactly these bytes. */
export function exactly<T>(
  decode: (bytes: Uint8Array, offset: number) => readonly [T, number] | undefined,
  bytes: Uint8Array,
): T {
  const read = decode(bytes, 0);
  if (read === undefined || read[1] !== bytes.length) throw new Error('does not decode exactly');
  return read[0];
}
