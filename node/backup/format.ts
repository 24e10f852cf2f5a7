// The file of a backup: gzip (RFC 1952) of frames, each four bytes of length and one DAG-CBOR item. First files that stand beside the
// database, then what the node wrote: a header, its records in batches, and a signature over the SHA-256 of these. Pure.

import { equalBytes } from '../../protocol/bytes/index.ts';
import { CborReader, CborWriter } from '../../protocol/cbor/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { BATCH_RECORDS_MAX, FILE_BYTES_MAX, FRAME_BYTES_MAX, KEY_BYTES_MAX } from './limits.ts';

/** Payload type of the signature at the end: its payload is the JSON of a {@link BackupSummary}. */
export const BACKUP_TYPE = 'application/vnd.zerostate.backup+json';
/** Version of this form; another is refused. */
export const BACKUP_VERSION = 1;

const LENGTH_BYTES = 4;
/** The signature at the end: a payload of some 300 bytes. */
const ENVELOPE_BYTES_MAX = 16_384;
/** Names of files, versions, times: a path below the home folder is some 100. */
const TEXT_BYTES_MAX = 512;

/** What a node says of itself at the begin of its part. */
export interface BackupHeader {
  readonly version: number;
  readonly software: string;
  readonly peerId: string;
  /** RFC 3339, by the clock of the node. */
  readonly createdAt: string;
  /** Entries of the own log. */
  readonly logSize: number;
}

/** What it signs at the end. */
export interface BackupSummary {
  readonly peerId: string;
  readonly createdAt: string;
  readonly logSize: number;
  readonly records: number;
  /** Hex SHA-256 of the header's frame and those of the records. */
  readonly sha256: string;
}

/** One record of the database, as LevelDB has it: the key with the name of its sub-level. */
export type BackupRecord = readonly [key: Uint8Array, value: Uint8Array];

/** One frame, read. */
export type BackupFrame =
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'header'; readonly header: BackupHeader }
  | { readonly kind: 'records'; readonly records: readonly BackupRecord[] }
  | { readonly kind: 'end'; readonly envelope: Envelope };

/** Encodes a frame with its length. Throws LIMIT_EXCEEDED when it is larger than what is read back. */
export function encodeFrame(frame: BackupFrame): Uint8Array {
  const item = itemOf(frame);
  if (item.length > FRAME_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a frame of ${item.length} bytes is too large for a backup`);
  const framed = new Uint8Array(LENGTH_BYTES + item.length);
  new DataView(framed.buffer).setUint32(0, item.length);
  framed.set(item, LENGTH_BYTES);
  return framed;
}

function itemOf(frame: BackupFrame): Uint8Array {
  const writer = new CborWriter();
  switch (frame.kind) {
    case 'file':
      return writer
        .array(4)
        .text('file')
        .text(frame.name)
        .bytes(frame.bytes)
        .bytes(sha256(frame.bytes))
        .finish();
    case 'header': {
      const { createdAt, logSize, peerId, software, version } = frame.header;
      writer.array(6).text('header').int(version).text(software).text(peerId).text(createdAt);
      return writer.int(logSize).finish();
    }
    case 'records':
      writer
        .array(2)
        .text('records')
        .array(frame.records.length * 2);
      for (const [key, value] of frame.records) writer.bytes(key).bytes(value);
      return writer.finish();
    case 'end':
      return writer.array(2).text('end').bytes(encodeEnvelope(frame.envelope)).finish();
  }
}

/** Decodes the item of a frame. Throws DECODE_FAILED, LIMIT_EXCEEDED, VERSION_UNSUPPORTED, or DATA_CORRUPT for a file that is not what was put in. */
export function decodeFrame(item: Uint8Array): BackupFrame {
  const reader = new CborReader(item);
  const items = reader.array(6, 'a frame');
  const kind = reader.text(16, 'kind of frame');
  const frame = frameOf(reader, `${kind}/${items}`);
  reader.end();
  return frame;
}

function frameOf(reader: CborReader, shape: string): BackupFrame {
  switch (shape) {
    case 'file/4': {
      const name = reader.text(TEXT_BYTES_MAX, 'name of a file');
      const bytes = reader.bytes(FILE_BYTES_MAX, 'a file');
      if (!equalBytes(sha256(bytes), reader.exactBytes(32, 'digest of a file')))
        throw new ZeroError('DATA_CORRUPT', `${name} is damaged in the backup`);
      return { kind: 'file', name, bytes };
    }
    case 'header/6': {
      const version = reader.uint(255, 'version');
      if (version !== BACKUP_VERSION)
        throw new ZeroError('VERSION_UNSUPPORTED', `this is a backup of version ${version}`);
      const software = reader.text(TEXT_BYTES_MAX, 'software');
      const peerId = reader.text(TEXT_BYTES_MAX, 'peer id');
      const createdAt = reader.text(TEXT_BYTES_MAX, 'time');
      const logSize = reader.uint(Number.MAX_SAFE_INTEGER, 'size of the log');
      return { kind: 'header', header: { version, software, peerId, createdAt, logSize } };
    }
    case 'records/2': {
      const count = reader.array(BATCH_RECORDS_MAX * 2, 'records');
      const records: BackupRecord[] = [];
      for (let i = 0; i < count; i += 2)
        records.push([reader.bytes(KEY_BYTES_MAX, 'key'), reader.bytes(FRAME_BYTES_MAX, 'value')]);
      return { kind: 'records', records };
    }
    case 'end/2':
      return { kind: 'end', envelope: decodeEnvelope(reader.bytes(ENVELOPE_BYTES_MAX, 'signature')) };
    default:
      throw new ZeroError('DECODE_FAILED', 'this frame is of no kind that a backup has');
  }
}

/** Splits bytes as they come into frames: the item of each, and the frame whole. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export async function* readFrames(
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly item: Uint8Array; readonly framed: Uint8Array }> {
  let parts: Uint8Array[] = [];
  let held = 0;
  let wanted = LENGTH_BYTES;
  for await (const part of bytes) {
    parts.push(part);
    held += part.length;
    while (held >= wanted) {
      const joined = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
      const length = new DataView(joined.buffer, joined.byteOffset).getUint32(0);
      if (length > FRAME_BYTES_MAX)
        throw new ZeroError('LIMIT_EXCEEDED', 'a frame of the backup is too large');
      wanted = LENGTH_BYTES + length;
      parts = [joined];
      if (held < wanted) break;
      const framed = Uint8Array.from(joined.subarray(0, wanted));
      yield { framed, item: framed.subarray(LENGTH_BYTES) };
      parts = [joined.subarray(wanted)];
      held -= wanted;
      wanted = LENGTH_BYTES;
    }
  }
  if (held > 0) throw new ZeroError('DECODE_FAILED', 'the backup ends within a frame');
}
