// One agent with two cards, its keys after a replacement and after a rotation, and short ways to revoke and ask.

import assert from 'node:assert/strict';
import { verifyCard } from '../../protocol/card/index.ts';
import { type Signer, seedSigner } from '../../protocol/envelope/index.ts';
import { delegateOperationalKey, type Keychain, rotateIdentity } from '../../protocol/identity/index.ts';
import * as rv from '../../protocol/revocation/index.ts';
import type { RevocationTarget } from '../../protocol/statement/index.ts';
import { makeAgent, makeCard, publicKey, seed, VALIDITY } from './agents.ts';

export const agent = makeAgent(10);
export const stranger = makeAgent(40);
export const identity = seedSigner(seed(10));
export const issuedAt = '2026-03-01T00:00:00Z';
export const first = verifyCard(makeCard(agent));
export const second = verifyCard(makeCard(agent, { sequence: 2, previous: first.cardId }));

export interface By {
  keychain: Keychain;
  signer: Signer;
}
export const byOperational: By = { keychain: agent.keychain, signer: agent.operational };
export const byIdentity: By = { keychain: agent.keychain, signer: identity };

export function revoke(
  target: RevocationTarget,
  by: By = byOperational,
  sequence = 1,
  previous: string | null = null,
): rv.VerifiedRevocation {
  return rv.verifyRevocation(
    rv.signRevocation({ ...by, sequence, previous, target, reason: 'test', issuedAt }),
  );
}

export function setOf(...revocations: rv.VerifiedRevocation[]): rv.RevocationSet {
  const set = new rv.RevocationSet();
  for (const one of revocations) assert.equal(set.apply(one).verdict, 'accept');
  return set;
}

export const hits = (set: rv.RevocationSet, card: typeof first) =>
  set.isRevoked(rv.subjectOfCard(card)) !== null;
export const through = (card: typeof first) => ({
  epoch: card.card.epoch,
  keySerial: card.card.keySerial,
  sequence: card.card.sequence,
});

export const replaced = delegateOperationalKey({
  keychain: agent.keychain,
  identitySeed: seed(10),
  operationalPublicKey: publicKey(13),
  ...VALIDITY,
});
export const replacedCard = verifyCard(
  makeCard({ keychain: replaced.keychain, operational: seedSigner(seed(13)) }, { sequence: 3 }),
);
export const rotated = rotateIdentity({
  keychain: agent.keychain,
  promisedSeed: seed(11),
  currentSeed: seed(10),
  nextIdentityPublicKey: publicKey(15),
  operationalPublicKey: publicKey(14),
  ...VALIDITY,
});
export const rotatedCard = verifyCard(
  makeCard({ keychain: rotated.keychain, operational: seedSigner(seed(14)) }, { sequence: 4 }),
);
