// Reads card events: what an agent did with its card, as an entry of its own in the log.

import { Fields } from '../../fields/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { Subject } from '../types.ts';
import {
  AUTHORED_MEMBERS,
  readAuthored,
  readContentId,
  readNullableContentId,
  subjectOfContentId,
} from './common.ts';
import { CARD_EVENTS, type CardEventPredicate } from './types.ts';

export function readCardEvent(value: JsonValue): CardEventPredicate {
  const fields = new Fields(value, 'card-event', [
    ...AUTHORED_MEMBERS,
    'event',
    'card',
    'sequence',
    'previous',
  ]);
  return {
    ...readAuthored(fields),
    event: fields.oneOf('event', CARD_EVENTS),
    card: readContentId(fields, 'card'),
    sequence: fields.integer('sequence', 1),
    previous: readNullableContentId(fields, 'previous'),
  };
}

export function cardEventSubjects({ card }: Pick<CardEventPredicate, 'card'>): Subject[] {
  return [subjectOfContentId(`card:${card}`, card)];
}
