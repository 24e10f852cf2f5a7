// Private statements: the secrets of those that were sealed here, and what partners have opened of theirs. Never leaves this node but
// through a scope.

import { decode, encode } from '@ipld/dag-cbor';
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { Opening, SealedSecret } from '../../protocol/partner/index.ts';
import { type BytesLevel, bytesLevel, type Database, DURABLE } from '../storage/index.ts';
import { OPENING_BYTES_MAX, SEALED_KEPT_MAX } from './limits.ts';

const LIMITS = { payloadBytesMax: OPENING_BYTES_MAX };

interface StoredSecret {
  salt: Uint8Array;
  envelope: Uint8Array;
  disclosures: Uint8Array[];
}

/** Bytes of an opening, for the wire and the disk. */
export function encodeOpening({ disclosures, whole }: Opening): Uint8Array {
  return encode({
    disclosures: [...disclosures],
    whole: whole && { salt: whole.salt, envelope: encodeEnvelope(whole.envelope, LIMITS) },
  });
}

/** The opening of a decoded value. Throws DECODE_FAILED. */
export function readOpening(value: unknown): Opening {
  const { disclosures, whole } = (value ?? {}) as { disclosures?: unknown; whole?: unknown };
  if (!Array.isArray(disclosures) || !disclosures.every((one) => one instanceof Uint8Array))
    throw new ZeroError('DECODE_FAILED', 'an opening has no disclosures');
  if (whole === null) return { disclosures: disclosures as Uint8Array[], whole: null };
  const { salt, envelope } = (whole ?? {}) as { salt?: unknown; envelope?: unknown };
  if (!(salt instanceof Uint8Array) || !(envelope instanceof Uint8Array))
    throw new ZeroError('DECODE_FAILED', 'an opening has neither a statement nor none');
  return {
    disclosures: disclosures as Uint8Array[],
    whole: { salt, envelope: decodeEnvelope(envelope, LIMITS) },
  };
}

/** Secrets and openings by the id of the sealed statement. */
export class SealedStore {
  readonly #db: Database;
  readonly #secrets: BytesLevel;
  readonly #openings: BytesLevel;
  /** Ids of what is kept: most statements are not sealed, and need not be looked for on the disk. */
  readonly #ids = new Set<string>();

  constructor(db: Database) {
    this.#db = db;
    this.#secrets = bytesLevel(db, 'sealed-secrets');
    this.#openings = bytesLevel(db, 'sealed-openings');
  }

  /** Reads what is kept, by name. */
  async load(): Promise<void> {
    for (const level of [this.#secrets, this.#openings])
      for await (const [id] of level.iterator()) this.#ids.add(id);
  }

  get size(): number {
    return this.#ids.size;
  }

  /** Keeps a secret, on disk before it is answered: without it nobody could ever open the statement. Throws STORAGE_FAILED or LIMIT_EXCEEDED. */
  async keepSecret(id: string, secret: SealedSecret): Promise<void> {
    const { salt, envelope, disclosures } = secret;
    const stored = { salt, envelope: encodeEnvelope(envelope, LIMITS), disclosures: [...disclosures] };
    await this.#put(this.#secrets, id, encode(stored satisfies StoredSecret));
  }

  /** The secret of a statement that was sealed here. */
  async secret(id: string): Promise<SealedSecret | undefined> {
    if (!this.#ids.has(id)) return undefined;
    const bytes = await this.#secrets.get(id);
    if (bytes === undefined) return undefined;
    const { salt, envelope, disclosures } = decode<StoredSecret>(bytes);
    return { salt, envelope: decodeEnvelope(envelope, LIMITS), disclosures };
  }

  /** Keeps an opening that was checked; answers whether it shows more than the one kept before. Throws STORAGE_FAILED or LIMIT_EXCEEDED. */
  async keepOpening(id: string, opening: Opening): Promise<boolean> {
    const before = await this.opening(id);
    if (before !== undefined && !showsMore(opening, before)) return false;
    await this.#put(this.#openings, id, encodeOpening(opening));
    return true;
  }

  /** What a partner opened of a statement. */
  async opening(id: string): Promise<Opening | undefined> {
    if (!this.#ids.has(id)) return undefined;
    const bytes = await this.#openings.get(id);
    return bytes === undefined ? undefined : readOpening(decode(bytes));
  }

  async #put(level: BytesLevel, id: string, bytes: Uint8Array): Promise<void> {
    if (!this.#ids.has(id) && this.#ids.size >= SEALED_KEPT_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a node keeps at most ${SEALED_KEPT_MAX} sealed statements`);
    try {
      await this.#db.batch().put(id, bytes, { sublevel: level }).write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'a sealed statement could not be written', { cause });
    }
    this.#ids.add(id);
  }
}

function showsMore(a: Opening, b: Opening): boolean {
  if (b.whole !== null) return false;
  return a.whole !== null || a.disclosures.length > b.disclosures.length;
}
