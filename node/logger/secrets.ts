// What no line of a log may hold: values of members whose names say that they are secret, at any depth; bytes; private keys in PEM; what an address (URL) carries
// of passwords and tokens; and the very
// secrets of this process, wherever they stand in a line. The last is the net below the others: an error message may carry anything.

import { RecentMap } from '../../protocol/bounded/index.ts';

/** Secrets known at once: the keys of some thousand agents. Beyond it the oldest give way; names still hide them. */
const SECRETS_MAX = 8_192;
/** Characters from which on a word may be a secret of ours: 32 bytes have 43 in base64. */
const SECRET_CHARS_MIN = 40;
/** Members of members that are looked through; deeper ones are left out. */
const DEPTH_MAX = 6;
/** Members of one object that are shown. */
const MEMBERS_MAX = 200;

export const CENSORED = '[redacted]';
const NAME =
  /^(?:.*[-_.])?(?:token|secret|seed|password|passphrase|authorization|cookie|credentials?|mnemonic|nsec)$|(?:Token|Secret|Seed|Password|PrivateKey|ApiKey)$|^(?:private|api|secret)[-_]?key$/i;
const WORD = /[A-Za-z0-9+/_-]{40,}={0,2}/g;
const PEM =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----/gs;
const BEARER = /\b(Bearer|Basic)\s+[A-Za-z0-9+/_=.~-]{8,}/gi;

/** Name and password of an address, and values of its query under names that say they are secret. */
const USER_OF_URL = /\b([a-z][a-z0-9+.-]{1,15}:\/\/)[^\s/@"'?#\\]{1,512}@/gi;
const QUERY_OF_URL =
  /([?&](?:[a-z0-9_-]{0,32}(?:token|secret|password|signature|credential|api[_-]?key)|key|sig|auth)=)[^&\s"'#\\]+/gi;

/** Secrets by their first characters: a line is looked through once, however many there are. */
const known = new RecentMap<string, readonly string[]>(SECRETS_MAX);
const START_CHARS = 16;
/** Spellings of secrets that begin alike: four of one, and another secret by chance. */
const SPELLINGS_MAX = 7;

function remember(word: string): void {
  if (word.length < SECRET_CHARS_MIN) return;
  const start = word.slice(0, START_CHARS);
  // The spellings of one secret may begin alike.
  const alike = (known.get(start) ?? []).filter((other) => other !== word).slice(-SPELLINGS_MAX);
  known.set(start, [...alike, word]);
}

/** Values of a JSON file that are secret: it may hold public keys and ids as well. */
const MEMBER = /"[A-Za-z]*(?:[sS]eed|[tT]oken|[sS]ecret|[pP]rivateKey)"\s*:\s*"([^"]+)"/g;

const AGENT_ID = /^zs:[a-z2-7]+\s*$/;

/** Hides the secrets of a secret file from every log: as they are written, and their bytes in the other usual spellings. */
export function hideFromLogs(text: string): void {
  // The file that names the agent which signs lies among the keys as well: ids are public, and a log without them explains nothing.
  if (AGENT_ID.test(text)) return;
  const secret = text.trimStart().startsWith('{')
    ? [...text.matchAll(MEMBER)].map(([, value]) => value).join('\n')
    : text;
  for (const [word] of secret.matchAll(WORD)) {
    const bare = word.replace(/=+$/, '');
    const bytes = Buffer.from(bare, 'base64');
    remember(bare);
    remember(bytes.toString('base64').replace(/=+$/, ''));
    remember(bytes.toString('base64url'));
    remember(bytes.toString('hex'));
  }
}

/** A finished line without secrets. */
export function censorLine(line: string): string {
  const plain = line.includes('PRIVATE KEY-----') ? line.replace(PEM, CENSORED) : line;
  const quiet = /bearer|basic/i.test(plain) ? plain.replace(BEARER, `$1 ${CENSORED}`) : plain;
  const bare = quiet.includes('://')
    ? quiet.replace(USER_OF_URL, `$1${CENSORED}@`).replace(QUERY_OF_URL, `$1${CENSORED}`)
    : quiet;
  if (known.size === 0) return bare;
  return bare.replace(WORD, censorWord);
}

// A secret may stand within a longer word, such as a path: every place where one could begin is looked at.
function censorWord(word: string): string {
  for (let at = 0; at + SECRET_CHARS_MIN <= word.length; at++) {
    const secret = known.get(word.slice(at, at + START_CHARS))?.find((one) => word.startsWith(one, at));
    if (secret !== undefined)
      return `${word.slice(0, at)}${CENSORED}${censorWord(word.slice(at + secret.length))}`;
  }
  return word;
}

/** What is logged, without members that are secret by name, and without bytes. Errors stay as they are: their serializer reads them. */
export function censorMembers(value: Record<string, unknown>): Record<string, unknown> {
  return censored(value, 0) as Record<string, unknown>;
}

function censored(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
  if (Array.isArray(value)) return value.slice(0, MEMBERS_MAX).map((member) => censored(member, depth + 1));
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MEMBERS_MAX)
      .map(([name, member]) => [
        name,
        NAME.test(name) && member !== undefined ? CENSORED : censored(member, depth + 1),
      ]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
