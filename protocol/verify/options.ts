// What the caller of a verification decides: the time, and whom to trust. There is no default for either.

import type { VerifiedCard } from '../card/index.ts';
import type { Envelope } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { type LogPolicy, parsePolicy } from '../log/index.ts';
import { ABOUT_FILES_MAX, type About } from './about.ts';

/** What the checks ask of a verified card. */
export type ReadCard = Pick<VerifiedCard, 'card' | 'cardId' | 'keys'>;

/** A card that the caller has verified before, when it is this very envelope; undefined otherwise. */
export type KnownCard = (envelope: Envelope) => ReadCard | undefined;

export interface VerifyOptions {
  /** Verification time in milliseconds since 1970. Never read from a clock here. */
  readonly now: number;
  /** Known logs, witnesses and quorum (C2SP tlog-policy text, or parsed). Without one, a node's log is known by its own origin. */
  readonly policy?: LogPolicy | string;
  /** With a policy: oldest cosignature that counts, in seconds before `now`. */
  readonly maxAgeSeconds?: number;
  /** Ed25519 keys to accept for statements of others, which carry no keychain of their own. */
  readonly keys?: readonly Uint8Array[];
  /** Of a bundle: files that its statements must speak of. A file of another kind is then refused. */
  readonly about?: About;
  /** Of a receipt file: spares the verification of a card that comes with every receipt of its agent. */
  readonly knownCard?: KnownCard;
}

/** The options in the form that the checks use. */
export interface Context {
  readonly now: number;
  readonly policy: LogPolicy | null;
  readonly maxAgeSeconds?: number;
  readonly keys: readonly Uint8Array[];
  readonly about: About | null;
  readonly knownCard?: KnownCard;
}

/** Largest time that a Date can print: the year 9999. */
const NOW_MAX = 253_402_300_799_999;

/** Checks the options. Throws DECODE_FAILED on a time that is not one, or on a malformed policy: the caller's mistakes, not the file's. */
export function contextOf(options: VerifyOptions): Context {
  const { now, policy } = options;
  if (!Number.isSafeInteger(now) || now < 0 || now > NOW_MAX)
    throw new ZeroError('DECODE_FAILED', 'verification time is not in milliseconds since 1970');
  if ((options.about?.files.length ?? 0) > ABOUT_FILES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a verification is about at most ${ABOUT_FILES_MAX} files`);
  const context = {
    now,
    policy: typeof policy === 'string' ? parsePolicy(policy) : (policy ?? null),
    keys: options.keys ?? [],
    about: options.about ?? null,
    ...(options.knownCard === undefined ? {} : { knownCard: options.knownCard }),
  };
  return options.maxAgeSeconds === undefined ? context : { ...context, maxAgeSeconds: options.maxAgeSeconds };
}
