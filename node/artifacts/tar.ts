// Folders as tar streams, for the API and the commands. Times, owners and modes are neither read nor written: only paths and bytes.

import { ReadableStream as Streams } from 'node:stream/web';
import { createTarDecoder, createTarPacker, type ParsedTarEntry } from 'modern-tar';
import { ZeroError } from '../../protocol/errors/index.ts';
import { checkPath, type OutEntry, type SourceFile } from './unixfs.ts';

/** Permissions in what is written: readable by all, as content ids are. */
const FILE_MODE = 0o644;
const FOLDER_MODE = 0o755;
const EPOCH = new Date(0);

/** The files of a tar stream. Each is read to its end before the next. Throws ARTIFACT_REFUSED for links and devices. */
export async function* filesOfTar(tar: AsyncIterable<Uint8Array>): AsyncGenerator<SourceFile> {
  // One type for both: that of the platform, which browsers share.
  const read = Streams.from(tar) as unknown as ReadableStream<Uint8Array>;
  const entries = read.pipeThrough(
    createTarDecoder({ strict: true }) as unknown as ReadableWritablePair<ParsedTarEntry, Uint8Array>,
  );
  try {
    for await (const { header, body } of entries) {
      const path = header.name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
      if (header.type === 'directory') {
        await body.cancel();
        continue;
      }
      if (header.type !== undefined && header.type !== 'file')
        throw new ZeroError(
          'ARTIFACT_REFUSED',
          `${path} is a ${header.type}: only files and folders are taken`,
        );
      yield { path, content: body };
    }
  } catch (cause) {
    if (cause instanceof ZeroError) throw cause;
    throw new ZeroError('DECODE_FAILED', `not a tar stream: ${(cause as Error).message}`, { cause });
  }
}

/** A tar stream of entries. */
export function tarOf(entries: AsyncIterable<OutEntry>): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  void (async () => {
    try {
      for await (const entry of entries) {
        checkPath(entry.path);
        const isFile = entry.kind === 'file';
        const body = controller.add({
          name: isFile ? entry.path : `${entry.path}/`,
          size: entry.bytes,
          type: isFile ? 'file' : 'directory',
          mode: isFile ? FILE_MODE : FOLDER_MODE,
          mtime: EPOCH,
        });
        const writer = body.getWriter();
        if (isFile) for await (const part of entry.read()) await writer.write(part);
        await writer.close();
      }
      controller.finalize();
    } catch (error) {
      controller.error(error);
    }
  })();
  return readable;
}
