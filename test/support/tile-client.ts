// A reader of C2SP tlog-tiles that shares no code with the product: written from the specification, over node:crypto and fetch alone.

import { createHash, createPublicKey, verify } from 'node:crypto';

const sha256 = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafOf = (entry: Uint8Array): Buffer => sha256(Uint8Array.of(0), entry);
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(1), left, right);

/** RFC 6962 root of leaf hashes, by its recursive definition. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeOf(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** The path of an index: groups of three digits, all but the last with an x. */
function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g)!;
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** Key of a verifier key line: name+hash+base64(type || key). */
function keyOf(vkey: string): { name: string; id: Buffer; key: ReturnType<typeof createPublicKey> } {
  const [name, hash, ...rest] = vkey.trim().split('+');
  const material = Buffer.from(rest.join('+'), 'base64');
  const id = sha256(Buffer.from(`${name}\n`), material).subarray(0, 4);
  if (id.toString('hex') !== hash || material[0] !== 1) throw new Error('not an Ed25519 verifier key');
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), material.subarray(1)]);
  return { name: name!, id, key: createPublicKey({ key: der, format: 'der', type: 'spki' }) };
}

/** Reads one log. */
export class TileClient {
  readonly #prefix: string;
  readonly #vkey: string;

  constructor(prefix: string, vkey: string) {
    this.#prefix = prefix;
    this.#vkey = vkey;
  }

  async get(path: string): Promise<Buffer> {
    const response = await fetch(`${this.#prefix}/${path}`);
    if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }

  /** The head, its signature checked under the verifier key. */
  async head(): Promise<{ size: number; root: Buffer }> {
    const text = (await this.get('checkpoint')).toString('utf8');
    const { name, id, key } = keyOf(this.#vkey);
    const [body, lines] = [text.slice(0, text.indexOf('\n\n') + 1), text.slice(text.indexOf('\n\n') + 2)];
    const line = lines.split('\n').find((each) => each.startsWith(`— ${name} `));
    const blob = Buffer.from(line!.split(' ')[2]!, 'base64');
    if (!blob.subarray(0, 4).equals(id)) throw new Error('another key');
    if (!verify(null, Buffer.from(body), key, blob.subarray(4))) throw new Error('the signature is false');
    const [origin, size, root] = body.split('\n');
    if (origin !== name) throw new Error('another log');
    return { size: Number(size), root: Buffer.from(root!, 'base64') };
  }

  /** One tile or bundle of a tree of this size. */
  async #tile(level: number | 'entries', index: number, size: number): Promise<Buffer> {
    const hashes = Math.floor(size / 256 ** (level === 'entries' ? 0 : level));
    const width = Math.min(256, hashes - index * 256);
    return await this.get(`tile/${level}/${indexPath(index)}${width === 256 ? '' : `.p/${width}`}`);
  }

  /** Hashes of one tile level. */
  async level(level: number, size: number): Promise<Buffer[]> {
    const total = Math.floor(size / 256 ** level);
    const out: Buffer[] = [];
    for (let index = 0; index * 256 < total; index++) {
      const tile = await this.#tile(level, index, size);
      for (let at = 0; at < tile.length; at += 32) out.push(tile.subarray(at, at + 32));
    }
    return out;
  }

  /** Every entry. */
  async entries(size: number): Promise<Buffer[]> {
    const out: Buffer[] = [];
    for (let index = 0; index * 256 < size; index++) {
      const bundle = await this.#tile('entries', index, size);
      for (let at = 0; at < bundle.length; ) {
        const length = bundle.readUInt16BE(at);
        out.push(bundle.subarray(at + 2, at + 2 + length));
        at += 2 + length;
      }
    }
    return out;
  }

  /** Reads everything and computes it again. Answers the entries; throws when anything differs. */
  async readAll(): Promise<{ size: number; entries: Buffer[] }> {
    const { size, root } = await this.head();
    const entries = await this.entries(size);
    const leaves = entries.map(leafOf);
    if (entries.length !== size || !rootOf(leaves).equals(root)) throw new Error('not the signed root');
    const hashes = await this.level(0, size);
    if (!hashes.every((hash, i) => hash.equals(leaves[i]!))) throw new Error('level 0 differs');
    const above = await this.level(1, size);
    if (!above.every((hash, i) => hash.equals(rootOf(leaves.slice(i * 256, (i + 1) * 256)))))
      throw new Error('level 1 differs');
    return { size, entries };
  }
}
