// Validators and selectors of DHT records. The library stores whatever a validator lets through, even an older record over a
// newer one, so the validator compares with the newest card that this node knows.

import type { SelectFn, ValidateFn } from '@libp2p/kad-dht';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import {
  type AgentCard,
  CARD_BYTES_MAX,
  compareCards,
  type VerifiedCard,
  verifyCard,
} from '../../protocol/card/index.ts';
import { decodeEnvelope, type Envelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import { type Admission, servedPeer } from '../admission/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import { DHT_VALUE_BYTES_MAX } from '../host/limits.ts';

const NAMESPACE = 'zs-card';

/** Validators and selectors by namespace, as kad-dht takes them. */
export interface DhtRules {
  readonly validators: Record<string, ValidateFn>;
  readonly selectors: Record<string, SelectFn>;
}

/** DHT key of an agent's card. */
export function cardKey(agentId: AgentId): Uint8Array {
  return utf8(`/${NAMESPACE}/${agentId}`);
}

function envelopeOfRecord(value: Uint8Array): Envelope {
  if (value.length > DHT_VALUE_BYTES_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'DHT value is too large');
  return decodeEnvelope(value, { payloadBytesMax: CARD_BYTES_MAX });
}

/** Reads a record's value as the card that its key names. Throws when it is not. */
export function cardOfRecord(key: Uint8Array, value: Uint8Array): VerifiedCard {
  return cardUnder(key, envelopeOfRecord(value));
}

function cardUnder(key: Uint8Array, envelope: Envelope): VerifiedCard {
  const verified = verifyCard(envelope);
  if (fromUtf8(key) !== `/${NAMESPACE}/${verified.card.id}`)
    throw new ZeroError('SIGNATURE_INVALID', 'the card is of another agent than the key');
  return verified;
}

/** The rules over the cards that this node knows. */
export function cardRules(book: Pick<CardBook, 'get' | 'isSuperseded'>): DhtRules {
  return {
    validators: {
      [NAMESPACE]: (key, value) => {
        const envelope = envelopeOfRecord(value);
        // What would be refused if it were genuine is refused at once: a flood of replays is not worth their verification.
        if (book.isSuperseded(envelope)) throw stale();
        const { card } = cardUnder(key, envelope);
        const known = book.get(card.id)?.card;
        if (known !== undefined && compareCards(card, known) < 0) throw stale();
      },
    },
    selectors: {
      [NAMESPACE]: (key, values) => {
        let best = -1;
        let bestCard: Verified<AgentCard> | undefined;
        values.forEach((value, i) => {
          try {
            const { card } = cardOfRecord(key, value);
            if (bestCard === undefined || compareCards(card, bestCard) > 0) [best, bestCard] = [i, card];
          } catch {
            // an invalid record never wins
          }
        });
        return Math.max(best, 0);
      },
    },
  };
}

function stale(): ZeroError {
  return new ZeroError('CARD_STALE', 'a newer card of this agent is known');
}

/** The rules with whoever offers an invalid record made to answer for it. */
export function chargedRules(rules: DhtRules, admission: Admission): DhtRules {
  const validators = Object.entries(rules.validators).map(([name, validate]): [string, ValidateFn] => [
    name,
    async (key, value, options) => {
      const peer = servedPeer();
      const started = performance.now();
      try {
        await validate(key, value, options);
      } catch (error) {
        // Stale is not provably malicious: its sender may just not know better.
        if (peer !== undefined && isZeroError(error) && error.exit === 3 && error.code !== 'CARD_STALE')
          admission.failed(peer);
        throw error;
      } finally {
        if (peer !== undefined) admission.charge(peer, 'cpuMs', performance.now() - started);
      }
    },
  ]);
  return { selectors: rules.selectors, validators: Object.fromEntries(validators) };
}
