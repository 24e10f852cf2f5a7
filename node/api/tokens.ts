// Tokens for parts of the API, beside the owner's own in the file api-token: each has a name, a scope and perhaps an end. What is kept is
// a digest: who reads the database cannot use them.

import { createHash, randomBytes } from 'node:crypto';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Clock } from '../clock/index.ts';
import { hideFromLogs } from '../logger/secrets.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel } from '../storage/index.ts';
import type { Scope } from './operations.ts';

/** Tokens at once: one for each tool and person that uses a node. */
export const TOKENS_MAX = 256;
/** 256 bits: nobody guesses one, so a plain digest hides it. */
const TOKEN_BYTES = 32;

/** What is shown of a token. */
export interface TokenInfo {
  readonly name: string;
  readonly scope: Scope;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

interface Kept extends TokenInfo {
  readonly digest: string;
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The token of an authorization header. */
export function tokenOf(header: string | undefined): string | undefined {
  return /^Bearer (.+)$/i.exec(header ?? '')?.[1];
}

/** The tokens of one node. */
export class TokenBook {
  readonly #db: Database;
  readonly #level: JsonLevel<Kept>;
  readonly #clock: Clock;
  readonly #byDigest = new Map<string, Kept>();

  constructor(db: Database, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
    this.#level = jsonLevel<Kept>(db, 'api-tokens');
  }

  async load(): Promise<void> {
    for await (const [, kept] of this.#level.iterator()) this.#byDigest.set(kept.digest, kept);
  }

  list(): TokenInfo[] {
    return [...this.#byDigest.values()]
      .map(({ digest: _, ...info }) => info)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Makes a token; it is shown this once. Throws ALREADY_EXISTS or LIMIT_EXCEEDED. */
  async create(name: string, scope: Scope, lifeMs: number | null): Promise<TokenInfo & { token: string }> {
    const now = this.#clock.now();
    if (this.list().some((one) => one.name === name))
      throw new ZeroError('ALREADY_EXISTS', `there is a token named ${name}`, {
        hint: `Revoke it first: zerostate token revoke ${name}.`,
      });
    if (this.#byDigest.size >= TOKENS_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `there are ${TOKENS_MAX} tokens already`);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    hideFromLogs(token);
    const info = { name, scope, createdAt: now, expiresAt: lifeMs === null ? null : now + lifeMs };
    const kept = { ...info, digest: digestOf(token) };
    await this.#db
      .batch()
      .put(name, kept, { sublevel: this.#level as never })
      .write(DURABLE);
    this.#byDigest.set(kept.digest, kept);
    return { ...info, token };
  }

  /** Ends a token, on disk before this returns. Throws NOT_FOUND. */
  async revoke(name: string): Promise<TokenInfo> {
    const kept = [...this.#byDigest.values()].find((one) => one.name === name);
    if (kept === undefined) throw new ZeroError('NOT_FOUND', `there is no token named ${name}`);
    this.#byDigest.delete(kept.digest);
    await this.#db
      .batch()
      .del(name, { sublevel: this.#level as never })
      .write(DURABLE);
    const { digest: _, ...info } = kept;
    return info;
  }

  /** The token that was given, while it lasts. */
  find(token: string): TokenInfo | undefined {
    const kept = this.#byDigest.get(digestOf(token));
    if (kept === undefined || (kept.expiresAt !== null && kept.expiresAt <= this.#clock.now()))
      return undefined;
    return kept;
  }
}
