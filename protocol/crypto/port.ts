// The crypto port: what the protocol needs of a platform. Two adapters: native.ts (node:crypto) and noble.ts (pure JavaScript).

/** One Ed25519 signature to check ahead. */
export interface SignatureCheck {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Synchronous primitives. Both adapters accept and refuse exactly the same signatures (see strictness.ts). */
export interface CryptoPort {
  /** 'node:crypto' or 'noble'. */
  readonly name: string;
  /** SHA-256 of the bytes: 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** SHA-256 of the bytes, written into `target` at `at`; `target` may be `bytes`. For chains of hashes, without an array each. */
  sha256Into(bytes: Uint8Array, target: Uint8Array, at: number): void;
  /** Ed25519 (RFC 8032) signature, 64 bytes, with a 32-byte seed. */
  signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** True only for a valid signature under the profile of strictness.ts. Never throws on hostile input. */
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Checks signatures ahead, on other threads where the platform has them. Each good one is remembered until verifyEd25519 is asked for it,
   * once; a bad one is simply not remembered. Changes no verdict, only when the work is done. Never rejects. With `isKept` a good one is
   * also remembered beyond that (see check-memory.ts), and one that is remembered so is not checked again.
   */
  primeEd25519(checks: readonly SignatureCheck[], options?: { readonly isKept?: boolean }): Promise<void>;
  /** True for a check that was remembered so: verifyEd25519 answers at once. */
  isEd25519Kept(check: SignatureCheck): boolean;
  /** True for the canonical encoding of a point of the prime-order subgroup, the identity excluded. Good and bad keys are remembered, boundedly. */
  isSafePublicKey(publicKey: Uint8Array): boolean;
  /** The 32-byte public key of a 32-byte seed. */
  publicKeyOfSeed(seed: Uint8Array): Uint8Array;
  /** Deterministic ML-DSA-65 (FIPS 204) signature, 3,309 bytes, with a 32-byte seed. */
  signMlDsa65(seed: Uint8Array, message: Uint8Array): Uint8Array;
  /** True only for a valid ML-DSA-65 signature with an empty context. Never throws on hostile input. */
  verifyMlDsa65(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /**
   * Runs synchronous work; each signature that verifyEd25519 finds good in it is remembered as one that was checked ahead, for who verifies
   * the same bytes again soon: what a node has just signed enters its own log, and a receipt that it was given comes by the log as well.
   */
  keepEd25519<T>(work: () => T): T;
  /**
   * The same for bytes that come again and again, and at every start: what is found good is remembered as primeEd25519 does with `isKept`.
   */
  rememberEd25519<T>(work: () => T): T;
  /**
   * Runs synchronous work; each signature that signEd25519 makes in it is remembered as one that was checked ahead, for who reads back what it
   * has just signed: its form is checked, and the signature was made here.
   */
  keepSigned<T>(work: () => T): T;
  /** The 1,952-byte ML-DSA-65 public key of a 32-byte seed. */
  mlDsa65KeyOfSeed(seed: Uint8Array): Uint8Array;
}
