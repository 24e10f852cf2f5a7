// The mark of verification. Storage, index and policy take Verified<T>, so unverified data cannot reach them by mistake.

declare const verified: unique symbol;

/** A value whose signature and form were checked. Only verifiers in protocol/ may make one. */
export type Verified<T> = T & { readonly [verified]: 'verified' };

/** Marks a value as verified. For verifiers inside protocol/ only; the tidy test refuses other callers. */
export function markVerified<T>(value: T): Verified<T> {
  return value as Verified<T>;
}
