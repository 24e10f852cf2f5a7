// Checks of an agent card: form, keychain and signature, and whether it is in force at the verification time.

import { checkCardTime, verifyCard } from '../card/index.ts';
import type { Envelope } from '../envelope/index.ts';
import type { KnownCard, ReadCard } from './options.ts';
import type { Checks } from './report.ts';

/** Form, keychain and signature. The clock is not asked. */
export function checkCardSignature(
  checks: Checks,
  envelope: Envelope,
  name: string,
  known: KnownCard = () => undefined,
): ReadCard | undefined {
  return checks.attempt<ReadCard>(
    name,
    () => known(envelope) ?? verifyCard(envelope),
    ({ card, keys }) =>
      `${card.name}, sequence ${card.sequence}, signed by the operational key of epoch ${keys.epoch}, serial ${keys.serial}`,
  );
}

/** A card file. */
export function checkCardFile(checks: Checks, envelope: Envelope, nowMs: number): void {
  const verified = checkCardSignature(checks, envelope, 'signature');
  if (verified === undefined) return;
  const { card, cardId } = verified;
  checks.describe({
    agentId: card.id,
    cardId,
    name: card.name,
    sequence: card.sequence,
    expiresAt: card.expiresAt,
  });
  const time = checkCardTime(card, nowMs);
  const details = {
    valid: `in force until ${card.expiresAt}`,
    expired: `expired at ${card.expiresAt}`,
    'not-yet-valid': `not in force before ${card.issuedAt}`,
  };
  checks.add('time', time === 'valid', details[time], time === 'valid' ? undefined : 'NOT_IN_FORCE');
}
