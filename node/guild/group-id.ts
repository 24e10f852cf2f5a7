// The name of a guild's key group on the wire: the hash of the guild's id, so that who carries a message learns nothing but that hash.

import { utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import type { GuildId } from '../../protocol/guild/index.ts';

/** 32 bytes. */
export function groupOf(guild: GuildId): Uint8Array {
  return sha256(utf8(guild));
}
