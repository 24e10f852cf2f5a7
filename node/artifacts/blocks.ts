// Blocks and their ids: which ids are taken, whether bytes are what an id says, and what a block of a file or folder holds.
// Everything here may come from a stranger; nothing here does I/O.

import { code as DAG_PB, decode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { equalBytes } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { BLOCK_BYTES_MAX, LINKS_MAX, NAME_CHARS_MAX } from './limits.ts';

/** Multicodec codes. */
export const RAW = 0x55;
export const SHA2_256 = 0x12;
/** Characters of a content id: 59 in base32, more in other bases. */
const CID_CHARS_MAX = 128;

/** What a block holds. */
export interface BlockShape {
  readonly kind: 'file' | 'folder' | 'shard';
  readonly links: readonly BlockLink[];
  /** Bytes of content in the block itself. */
  readonly ownBytes: number;
  /** Content of the file under it, as the block claims; undefined for folders. */
  readonly claimedBytes: bigint | undefined;
}

export interface BlockLink {
  readonly cid: CID;
  readonly name: string;
}

function refuse(message: string, cause?: unknown): never {
  throw new ZeroError('ARTIFACT_REFUSED', message, cause === undefined ? {} : { cause });
}

/** True for an id that this node fetches, stores and serves: CIDv1, SHA-256, raw bytes or a UnixFS node. */
export function isTakenCid(cid: CID): boolean {
  return (
    cid.version === 1 &&
    (cid.code === RAW || cid.code === DAG_PB) &&
    cid.multihash.code === SHA2_256 &&
    cid.multihash.digest.length === 32
  );
}

/** Reads a content id given as text. Throws DECODE_FAILED. */
export function parseCid(text: string): CID {
  if (text.length > CID_CHARS_MAX) throw new ZeroError('DECODE_FAILED', 'the content id is too long');
  let cid: CID;
  try {
    cid = CID.parse(text);
  } catch (cause) {
    throw new ZeroError('DECODE_FAILED', `${text} is not a content id`, { cause });
  }
  if (!isTakenCid(cid))
    throw new ZeroError('DECODE_FAILED', `${text} is no CIDv1 of raw bytes or UnixFS under SHA-256`);
  return cid;
}

/** Reads a content id from its bytes; undefined when it is none that is taken here. */
export function readCid(bytes: Uint8Array): CID | undefined {
  try {
    const cid = CID.decode(bytes);
    return isTakenCid(cid) ? cid : undefined;
  } catch {
    return undefined;
  }
}

/** The id of bytes under a codec. */
export function cidOf(codec: number, bytes: Uint8Array): CID {
  return CID.createV1(codec, createDigest(SHA2_256, sha256(bytes)));
}

/** True when the bytes are those that the id names. */
export function isBlockOf(cid: CID, bytes: Uint8Array): boolean {
  return bytes.length <= BLOCK_BYTES_MAX && equalBytes(sha256(bytes), cid.multihash.digest);
}

/** What a verified block holds. Throws ARTIFACT_REFUSED on everything but files and folders within bounds. */
export function shapeOf(cid: CID, bytes: Uint8Array): BlockShape {
  if (cid.code === RAW)
    return { kind: 'file', links: [], ownBytes: bytes.length, claimedBytes: BigInt(bytes.length) };
  let node: ReturnType<typeof decode>;
  let data: UnixFS;
  try {
    node = decode(bytes);
    data = UnixFS.unmarshal(node.Data ?? new Uint8Array());
  } catch (cause) {
    refuse(`block ${cid} is no UnixFS node`, cause);
  }
  if (node.Links.length > LINKS_MAX) refuse(`block ${cid} has more than ${LINKS_MAX} links`);
  const links = node.Links.map(({ Hash, Name }) => {
    if (!isTakenCid(Hash)) refuse(`block ${cid} links to an id of another kind`);
    return { cid: Hash, name: Name ?? '' };
  });
  if (data.type === 'file' || data.type === 'raw')
    return {
      kind: 'file',
      links,
      ownBytes: data.data?.length ?? 0,
      claimedBytes: data.fileSize(),
    };
  if (data.type === 'directory') {
    for (const { name } of links) checkName(name);
    if (new Set(links.map(({ name }) => name)).size !== links.length)
      refuse(`folder ${cid} has a name twice`);
    return { kind: 'folder', links, ownBytes: 0, claimedBytes: undefined };
  }
  if (data.type === 'hamt-sharded-directory')
    return { kind: 'shard', links, ownBytes: 0, claimedBytes: undefined };
  refuse(`block ${cid} is a ${data.type}, not a file or folder`);
}

/** Refuses a name that could leave the folder it is written into. Throws ARTIFACT_REFUSED. */
export function checkName(name: string): void {
  const bad =
    name === '' ||
    name === '.' ||
    name === '..' ||
    name.length > NAME_CHARS_MAX ||
    name.includes('/') ||
    name.includes('\\') ||
    name.includes('\0');
  if (bad) refuse(`a folder has the name ${JSON.stringify(name.slice(0, 40))}`);
}
