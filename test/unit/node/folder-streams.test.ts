// A folder that arrives as one stream: each file is read to its end before the next one is asked for, however large it is.

import assert from 'node:assert/strict';
import type { CID } from 'multiformats/cid';
import { filesOfTar, tarOf } from '../../../node/artifacts/tar.ts';
import { importFiles, type OutEntry, type SourceFile } from '../../../node/artifacts/unixfs.ts';

const BYTES_MAX = 64 * 1024 * 1024;
/** More than the pieces that streams hold on their own. */
const LARGE = 3_000_000;
/** Bytes that a connection brings at once. */
const PIECE = 65_536;
/** A stream that stands still is given up: far longer than reading it takes on any machine. */
const PATIENCE_MS = 30_000;

const files: readonly [string, Uint8Array][] = [
  ['large.bin', new Uint8Array(LARGE).fill(7)],
  ['middle.bin', new Uint8Array(900_000).fill(8)],
  ['sub/small.txt', new TextEncoder().encode('hello\n')],
];

async function* entries(): AsyncGenerator<OutEntry> {
  for (const [path, bytes] of files)
    yield {
      path,
      kind: 'file',
      bytes: bytes.length,
      async *read() {
        yield bytes;
      },
    };
}

/** In the pieces in which a connection brings them, each with a turn of its own. */
async function* inPieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of stream)
    for (let at = 0; at < bytes.length; at += PIECE) {
      await new Promise((resolve) => setImmediate(resolve));
      yield bytes.subarray(at, at + PIECE);
    }
}

/** The content id of a folder, and how many bytes its blocks have. */
async function imported(source: AsyncIterable<SourceFile> | Iterable<SourceFile>) {
  let bytes = 0;
  const put = async (_: CID, block: Uint8Array) => {
    bytes += block.length;
  };
  const cid = await importFiles(source, { asFolder: true, bytesMax: BYTES_MAX, put });
  return { cid: cid.toString(), bytes };
}

describe('a folder that arrives as a stream', () => {
  it('is the folder that its files make, also when they are larger than what the stream holds', async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error('the stream stands still')), PATIENCE_MS);
    try {
      const streamed = await Promise.race([imported(filesOfTar(inPieces(tarOf(entries())))), promise]);
      const given = await imported(files.map(([path, content]) => ({ path, content })));
      assert.deepEqual(streamed, given);
      assert.ok(streamed.bytes > LARGE);
    } finally {
      clearTimeout(timer);
    }
  });
});
