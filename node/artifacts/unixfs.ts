// Files and folders to UnixFS blocks and back. The importer's settings are the public profile unixfs-v1-2025 (CIDv1, raw leaves, chunks of
// 1 MiB, 1,024 links, sharded folders), no times and no modes: the same content has the same id here and in every tool of that profile.

import { exporter, type RawNode, recursive, type UnixFSFile } from 'ipfs-unixfs-exporter';
import { importer } from 'ipfs-unixfs-importer';
import type { CID } from 'multiformats/cid';
import { ZeroError } from '../../protocol/errors/index.ts';
import { checkName } from './blocks.ts';
import { BLOCK_BYTES_MAX, DEPTH_MAX, ENTRIES_MAX, PATH_CHARS_MAX } from './limits.ts';

/** Blocks read ahead while a file is read out: a few, so that a slow reader holds little. */
const READ_AHEAD = 4;

/** A file to be added. Folders follow from paths; `content` is read once. */
export interface SourceFile {
  /** Relative, with forward slashes. */
  readonly path: string;
  readonly content: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** An entry of an artifact, in the order of its paths. */
export interface OutEntry {
  /** Relative to the root; '' for an artifact that is one file. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  readonly bytes: number;
  read(): AsyncIterable<Uint8Array>;
}

/** Refuses a path that is absolute, leaves its folder or nests too deep. Throws ARTIFACT_REFUSED. */
export function checkPath(path: string): void {
  const names = path.split('/');
  if (path.length > PATH_CHARS_MAX || names.length > DEPTH_MAX - 4)
    throw new ZeroError('ARTIFACT_REFUSED', `a path is longer or deeper than allowed`);
  for (const name of names) checkName(name);
}

/** Turns files into blocks, each handed to `put` once it is complete. `asFolder` false: exactly one file, without a folder. */
export async function importFiles(
  files: AsyncIterable<SourceFile> | Iterable<SourceFile>,
  options: {
    asFolder: boolean;
    bytesMax: number;
    put: (cid: CID, bytes: Uint8Array) => Promise<void>;
  },
): Promise<CID> {
  const budget = { bytes: options.bytesMax };
  async function* candidates() {
    let entries = 0;
    const seen = new Set<string>();
    for await (const { path, content } of files) {
      if (++entries > ENTRIES_MAX)
        throw new ZeroError('ARTIFACT_REFUSED', `the folder has more than ${ENTRIES_MAX} files`);
      if (!options.asFolder && entries > 1)
        throw new ZeroError('USAGE', 'an artifact without a folder is exactly one file');
      if (options.asFolder) checkPath(path);
      if (seen.has(path)) throw new ZeroError('ARTIFACT_REFUSED', `${path} is there twice`);
      seen.add(path);
      yield { ...(options.asFolder ? { path } : {}), content: counted(content, budget) };
    }
    if (entries === 0) throw new ZeroError('USAGE', 'there is no file to add');
  }
  const blockstore = {
    put: async (cid: CID, block: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => {
      if (!(block instanceof Uint8Array)) throw new ZeroError('INTERNAL', 'the importer gave a stream');
      await options.put(cid, block);
      return cid;
    },
  };
  let root: CID | undefined;
  for await (const entry of importer(candidates(), blockstore, {
    profile: 'unixfs-v1-2025',
    wrapWithDirectory: options.asFolder,
    // One file after the other: a stream of a folder gives the next one when this one is read, and would be waited for in vain.
    fileImportConcurrency: 1,
    blockWriteConcurrency: 4,
  }))
    root = entry.cid;
  if (root === undefined) throw new ZeroError('INTERNAL', 'the importer gave no root');
  return root;
}

async function* counted(
  content: SourceFile['content'],
  budget: { bytes: number },
): AsyncGenerator<Uint8Array> {
  for await (const part of content instanceof Uint8Array ? [content] : content) {
    budget.bytes -= part.length;
    if (budget.bytes < 0)
      throw new ZeroError('LIMIT_EXCEEDED', 'the artifact is larger than artifacts.artifactBytesMax');
    yield part;
  }
}

/** The files and folders of a complete, measured artifact. */
export async function* exportFiles(
  root: CID,
  read: (cid: CID) => Promise<Uint8Array | undefined>,
): AsyncGenerator<OutEntry> {
  const blockstore = {
    get: async function* (cid: CID) {
      const bytes = await read(cid);
      if (bytes === undefined || bytes.length > BLOCK_BYTES_MAX)
        throw new ZeroError('ARTIFACT_INCOMPLETE', `block ${cid} is not here`);
      yield bytes;
    },
  };
  const top = await exporter(root, blockstore);
  if (top.type === 'file' || top.type === 'raw') {
    yield fileEntry('', top);
    return;
  }
  const prefix = `${root}/`;
  for await (const item of recursive(root, blockstore)) {
    const path = item.path === root.toString() ? '' : item.path.slice(prefix.length);
    if (path !== '') checkPath(path);
    const entry = await exporter(item.cid, blockstore);
    if (entry.type === 'file' || entry.type === 'raw') yield fileEntry(path, entry);
    else if (path !== '') yield { path, kind: 'folder', bytes: 0, read: () => nothing() };
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function fileEntry(path: string, entry: UnixFSFile | RawNode): OutEntry {
  return {
    path,
    kind: 'file',
    bytes: Number(entry.size),
    read: () => entry.content({ blockReadConcurrency: READ_AHEAD }),
  };
}
