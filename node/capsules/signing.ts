// The node's signature over a capsule that it exports. Nothing else is signed here.

import { type Capsule, signCapsule } from '../../protocol/capsule/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';

/** Signs capsules of this node. */
export interface CapsuleSigning {
  sign(capsule: Capsule): Capsule;
}

/** `seed` is that of the node's key. */
export function makeCapsuleSigning(seed: Uint8Array): CapsuleSigning {
  const signer = seedSigner(seed);
  return { sign: (capsule) => signCapsule(capsule, signer) };
}
