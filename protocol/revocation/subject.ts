// What can be asked about: the facts of a card or a statement that decide whether a revocation reaches it.

import type { VerifiedCard } from '../card/index.ts';
import { type AgentId, compareKeyOrder, type KeyOrder } from '../identity/index.ts';
import type { AgentStatement } from '../statement/index.ts';

/** Facts about one object. Leave out what does not apply; more facts find more revocations. */
export interface RevocationSubject {
  readonly agentId: AgentId;
  readonly cardId?: string;
  readonly statementId?: string;
  /** did:key that signed the object. */
  readonly key?: string;
  readonly epoch?: number;
  readonly keySerial?: number;
  /** Sequence of the card. */
  readonly sequence?: number;
  /** Roots of the keychain the object was signed under; with it, a thief's forked chain cannot revoke the owner's objects. */
  readonly order?: KeyOrder;
}

/** The facts of a verified card. */
export function subjectOfCard({
  card,
  cardId,
  keys,
}: Pick<VerifiedCard, 'card' | 'cardId' | 'keys'>): RevocationSubject {
  return {
    agentId: card.id,
    cardId,
    key: card.operationalKey,
    epoch: card.epoch,
    keySerial: card.keySerial,
    sequence: card.sequence,
    order: keys,
  };
}

/** The facts of a verified statement. */
export function subjectOfStatement(statement: AgentStatement): RevocationSubject {
  const { issuer, id, signedBy, epoch, keySerial, keys } = statement;
  return { agentId: issuer, statementId: id, key: signedBy, epoch, keySerial, order: keys };
}

/** Whose keys stand where: of the revocation, and of the object. */
export interface Standing {
  readonly epoch: number;
  readonly keySerial: number;
  readonly order: KeyOrder;
  readonly byIdentity: boolean;
}

/**
 * May keys of this standing revoke the object? Only objects of the same or an older standing: the keys that replaced a stolen
 * one are out of its reach. The identity key stands above every serial of its epoch.
 */
export function reaches(revoker: Standing, object: RevocationSubject): boolean {
  if (object.order !== undefined) {
    const serial = revoker.byIdentity ? 0 : revoker.order.serial;
    return (
      compareKeyOrder(
        { ...revoker.order, serial },
        { ...object.order, serial: revoker.byIdentity ? 0 : object.order.serial },
      ) >= 0
    );
  }
  if (object.epoch === undefined || object.epoch < revoker.epoch) return true;
  return (
    object.epoch === revoker.epoch &&
    (revoker.byIdentity || object.keySerial === undefined || object.keySerial <= revoker.keySerial)
  );
}
