// Reads a backup from its file and checks it: form, limits, order, and at the end the signature over all that the node wrote.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { verifyEnvelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { keyOfPeerId } from '../../protocol/log/index.ts';
import {
  BACKUP_TYPE,
  type BackupFrame,
  type BackupHeader,
  type BackupRecord,
  type BackupSummary,
  decodeFrame,
  readFrames,
} from './format.ts';
import { FILES_MAX, RECORDS_MAX } from './limits.ts';

/** Where the contents go as they are read. Nothing of it may be used before `readBackup` has returned. */
export interface BackupSink {
  file(name: string, bytes: Uint8Array): Promise<void>;
  records(records: readonly BackupRecord[]): Promise<void>;
}

/** What a backup turned out to be. */
export interface BackupContents {
  readonly header: BackupHeader;
  readonly files: number;
  readonly records: number;
}

/** Reads a whole backup. Throws NOT_FOUND, DATA_CORRUPT, SIGNATURE_INVALID, what the sink throws, or an AbortError once `signal` has. */
export async function readBackup(
  path: string,
  sink: BackupSink,
  signal?: AbortSignal,
): Promise<BackupContents> {
  const reader = new Reading(sink);
  try {
    await pipeline(
      createReadStream(path),
      createGunzip(),
      async (bytes: AsyncIterable<Uint8Array>) => {
        for await (const { framed, item } of readFrames(bytes)) await reader.take(decodeFrame(item), framed);
      },
      { signal },
    );
  } catch (cause) {
    if (isZeroError(cause) && cause.code !== 'DECODE_FAILED') throw cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new ZeroError('NOT_FOUND', `there is no file ${path}`, {
        hint: 'Name what "zerostate backup" wrote.',
      });
    if (!isZeroError(cause) && !code.startsWith('Z_')) throw cause;
    throw new ZeroError('DATA_CORRUPT', `${path} is no backup, or is damaged: ${(cause as Error).message}`, {
      cause,
      hint: 'Take another copy; nothing was changed.',
    });
  }
  return reader.end();
}

class Reading {
  readonly #sink: BackupSink;
  readonly #digest = createHash('sha256');
  #header: BackupHeader | undefined;
  #summary: BackupSummary | undefined;
  #files = 0;
  #records = 0;

  constructor(sink: BackupSink) {
    this.#sink = sink;
  }

  async take(frame: BackupFrame, framed: Uint8Array): Promise<void> {
    if (this.#summary !== undefined) throw outOfOrder('something follows the end');
    switch (frame.kind) {
      case 'file':
        if (this.#header !== undefined) throw outOfOrder('a file follows the header');
        if (++this.#files > FILES_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'the backup has too many files');
        return await this.#sink.file(frame.name, frame.bytes);
      case 'header':
        if (this.#header !== undefined) throw outOfOrder('there are two headers');
        this.#header = frame.header;
        this.#digest.update(framed);
        return;
      case 'records':
        if (this.#header === undefined) throw outOfOrder('records come before the header');
        this.#records += frame.records.length;
        if (this.#records > RECORDS_MAX)
          throw new ZeroError('LIMIT_EXCEEDED', 'the backup has too many records');
        this.#digest.update(framed);
        return await this.#sink.records(frame.records);
      case 'end': {
        if (this.#header === undefined) throw outOfOrder('there is no header');
        const keys = [keyOfPeerId(this.#header.peerId)];
        const { payload, payloadType } = verifyEnvelope(frame.envelope, { keys });
        if (payloadType !== BACKUP_TYPE) throw outOfOrder('what is signed is no backup');
        this.#summary = JSON.parse(fromUtf8(payload)) as BackupSummary;
      }
    }
  }

  end(): BackupContents {
    const header = this.#header;
    const summary = this.#summary;
    if (header === undefined || summary === undefined)
      throw new ZeroError('DATA_CORRUPT', 'the backup is cut short', {
        hint: 'Its writing was interrupted: take another copy; nothing was changed.',
      });
    const isSame =
      summary.sha256 === this.#digest.digest('hex') &&
      summary.records === this.#records &&
      summary.logSize === header.logSize &&
      summary.createdAt === header.createdAt;
    if (!isSame) throw new ZeroError('DATA_CORRUPT', 'the backup is not what its node signed');
    return { header, files: this.#files, records: this.#records };
  }
}

function outOfOrder(what: string): ZeroError {
  return new ZeroError('DATA_CORRUPT', `the backup is out of order: ${what}`);
}
