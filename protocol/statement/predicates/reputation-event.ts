// Reads reputation events: one agent's signed experience with another, with its evidence. Scores are computed elsewhere.

import { Fields, REASON_CHARS_MAX } from '../../fields/index.ts';
import { requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, readAuthored, readEvidence, subjectOfContentId } from './common.ts';
import { REPUTATION_KINDS, type ReputationEventPredicate } from './types.ts';

export function readReputationEvent(value: JsonValue): ReputationEventPredicate {
  const fields = new Fields(value, 'reputation-event', [
    ...AUTHORED_MEMBERS,
    'about',
    'kind',
    'value',
    'evidence',
    'note',
  ]);
  const note = fields.optionalText('note', { max: REASON_CHARS_MAX });
  return {
    ...readAuthored(fields),
    about: requireAgentId(fields.raw('about'), 'reputation-event.about'),
    kind: fields.oneOf('kind', REPUTATION_KINDS),
    value: fields.integer('value', -100, 100),
    evidence: readEvidence(fields),
    ...(note === undefined ? {} : { note }),
  };
}

export function reputationEventSubjects({ about }: Pick<ReputationEventPredicate, 'about'>): Subject[] {
  return [subjectOfContentId(about, about.slice('zs:'.length))];
}
