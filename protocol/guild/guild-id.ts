// The text form of guild ids.

import { type Envelope, envelopeId, isContentId } from '../envelope/index.ts';
import type { GuildId } from './types.ts';

const PREFIX = 'zsg:';

/** The id of the guild whose creation this is. */
export function guildIdOf(creation: Pick<Envelope, 'payloadType' | 'payload'>): GuildId {
  return PREFIX + envelopeId(creation);
}

/** True when the text has the form of a guild id. */
export function isGuildId(text: string): boolean {
  return text.startsWith(PREFIX) && isContentId(text.slice(PREFIX.length));
}
