// Provider records as the DHT's store counts them: who says to have what, bounded for each content id. No I/O.

/** Where the library keeps them: `/dht/provider/<content id>/<peer id>`. */
export const PROVIDERS = '/dht/provider/';
/** What one is booked as: a time of at most ten bytes under a long key; the rest is the database's. */
export const PROVIDER_BYTES = 256;
/** A varint of 64 bits. */
const VALUE_BYTES_MAX = 10;
/** Characters of the key: a multihash and a peer id in base32 and base58, some 130. */
const KEY_CHARS_MAX = 256;

/** True for a record of the size that the library writes. */
export function isProviderSized(name: string, value: Uint8Array): boolean {
  return value.length <= VALUE_BYTES_MAX && name.length <= KEY_CHARS_MAX;
}

/** The time in a provider record: a varint of milliseconds since the epoch. */
export function providedAt(raw: Uint8Array): number {
  let value = 0;
  raw.forEach((byte, i) => {
    value += (byte & 0x7f) * 2 ** (7 * i);
  });
  return value;
}

/** How many provider records are held for each content id. */
export class ProviderCounts {
  readonly #counts = new Map<string, number>();

  /** Books a record's coming or going; other records are none of its business. */
  add(name: string, by: 1 | -1): void {
    if (!name.startsWith(PROVIDERS)) return;
    const count = this.of(name) + by;
    if (count > 0) this.#counts.set(contentOf(name), count);
    else this.#counts.delete(contentOf(name));
  }

  /** Records of the content id that this record is of. */
  of(name: string): number {
    return this.#counts.get(contentOf(name)) ?? 0;
  }
}

function contentOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/'));
}
