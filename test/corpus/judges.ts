// Two who judge a file of the corpus apart from each other: a stranger with the offline verifier, and a node with what it has taken in.

import { StatementRouter } from '../../node/statements/router.ts';
import { importAttestation } from '../../protocol/attestation/index.ts';
import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { decodeEnvelope, envelopeFromJson } from '../../protocol/envelope/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import { type JsonObject, parseStrictJson } from '../../protocol/json/index.ts';
import { decodeProof, leafHash, verifyNodeCheckpoint, verifyProof } from '../../protocol/log/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import type { Item } from './corpus.ts';
import { NOW_MS } from './organisations.ts';

export interface Judge {
  readonly name: string;
  accepts(item: Item): boolean;
}

/** Somebody with the file, the organisations' build keys, and no network. */
export const stranger: Judge = {
  name: 'offline verifier',
  accepts: ({ bytes, keys }) => verify(bytes, { now: NOW_MS, keys }).ok,
};

const router = new StatementRouter({
  handlers: { card: () => undefined, statement: () => undefined },
  log: { debug: () => undefined } as never,
});

/** A node of a partner: statements as the router of its log takes them, attestations as its import does, proofs as its queries do. */
export const partnerNode: Judge = {
  name: 'node',
  accepts(item) {
    try {
      if (item.kind === 'attestation')
        return importAttestation(item.bytes, { keys: item.keys }).proof.status === 'verified';
      if (item.kind === 'proof') {
        const proof = decodeProof(item.bytes);
        if (proof.extra === null) return false;
        verifyProof(proof, leafHash(proof.extra), ({ text, origin }) => verifyNodeCheckpoint(text, origin));
        return true;
      }
      const envelope =
        item.bytes[0] === 0x7b
          ? envelopeFromJson(parseStrictJson(fromUtf8(item.bytes)) as JsonObject)
          : decodeEnvelope(item.bytes);
      return router.read(envelope).statement !== undefined;
    } catch (error) {
      if (isZeroError(error)) return false;
      throw error;
    }
  },
};
