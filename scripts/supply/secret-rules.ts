// What this repository's own secrets look like, beside the formats that secretlint knows: key files of nodes and agents, and long random
// values given to a name that says it is secret. Pure: text in, places out.

/** A place where a secret stands. The secret itself is never carried: reports are read by many. */
export interface SecretFound {
  readonly line: number;
  readonly what: string;
}

/** Files that never belong into a repository, whatever they hold. */
const NAMES: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/(?:^|\/)\.env(?:\.(?!example$)[^/]*)?$/, 'a file of environment secrets'],
  [/(?:^|\/)(?:api-token|node\.key|id_(?:rsa|ecdsa|ed25519))$/, 'a file of a secret, by its name'],
  [/\.(?:p12|pfx|jks|keystore)$/, 'a key store'],
];
/** A key file of ours (node/keys): its kind and, in the same object, a seed of 32 bytes in base64. */
const KEY_FILE = /"kind"\s*:\s*"zerostate-[a-z-]*key\/v\d+"/;
const SEED = /"(?:seed|nextSeed|laterSeed|operationalSeed)"\s*:\s*"[A-Za-z0-9+/]{43}="/;
/** Any PEM private key, the short ones of Ed25519 too, which secretlint lets pass. */
const PEM = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+[A-Za-z0-9+/=]{40,}/;
/** name = "value", name: 'value', name=value: the value is looked at below. */
const ASSIGNED =
  /(?:token|secret|passw(?:or)?d|api[_-]?key|private[_-]?key|seed)["']?\s*[:=]\s*["'`]?([A-Za-z0-9+/_=-]{32,512})/gi;
/** Bits a character: words and hexadecimal counters are below, 32 random bytes in base64 or hexadecimal above. */
const ENTROPY_HEX_MIN = 3.4;
const ENTROPY_MIN = 4.4;
const HEX = /^[0-9a-f]+$/i;

/** Shannon entropy of a text's characters, in bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Published test vectors of the MLS working group: their secrets are known to all. */
const PUBLISHED = new Set(['test/interop/mls-vectors.json']);

function isRandom(value: string): boolean {
  return HEX.test(value)
    ? entropyOf(value) >= ENTROPY_HEX_MIN
    : /\d/.test(value) && entropyOf(value) >= ENTROPY_MIN;
}

/** What the name of a file says; undefined where it may be here. */
export function secretByName(path: string): string | undefined {
  return NAMES.find(([pattern]) => pattern.test(path))?.[1];
}

/** Every secret of ours in a file's text. */
export function secretsIn(path: string, text: string): SecretFound[] {
  const lineOf = (offset: number): number => text.slice(0, offset).split('\n').length;
  const found: SecretFound[] = [];
  const key = KEY_FILE.exec(text);
  if (key !== null && SEED.test(text))
    found.push({ line: lineOf(key.index), what: 'a key file of zerostate' });
  const pem = PEM.exec(text);
  if (pem !== null) found.push({ line: lineOf(pem.index), what: 'a private key' });
  if (PUBLISHED.has(path)) return found;
  for (const match of text.matchAll(ASSIGNED))
    if (isRandom(match[1]!))
      found.push({ line: lineOf(match.index), what: 'a random value under a secret’s name' });
  return found;
}
