// What a ring is made of, and what comes out of it.

import type { GuildMember, GuildState, VerifiedCredential } from '../../protocol/guild/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { Clock } from '../clock/index.ts';
import type { LocalAgent } from '../keys/agent-vault.ts';
import type { RingKeys } from './keys/ring-keys.ts';
import type { Ring } from './ring.ts';
import type { GuildFrame } from './wire.ts';

/** Why a guild is over for this node. */
export type RingEnd = 'dissolved' | 'left' | 'removed' | 'expired' | 'lost' | 'stopped';

export interface RingOptions {
  readonly self: LocalAgent;
  readonly creation: Uint8Array;
  readonly state: GuildState;
  readonly keys: RingKeys;
  readonly clock: Clock;
  /** Milliseconds without a sign of life after which a member counts as gone. */
  readonly silentMs: number;
  /** Greatest sequence that the own agent has used in this guild. */
  readonly sequence: number;
  readonly onChange: (ring: Ring) => void;
}

/** A sealed message for some members. */
export interface Outgoing {
  readonly sealed: Uint8Array;
  readonly to: readonly GuildMember[];
}

/** What came out of a sealed message. */
export interface Opened {
  readonly frame: GuildFrame;
  readonly sender: Verified<VerifiedCredential>;
}
