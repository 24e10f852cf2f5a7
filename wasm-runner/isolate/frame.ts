// Frames on the pipe between the node and a worker: a JSON header and byte strings. Shared by both ends.
// Must not: import anything; the child loads it with nothing else at hand.
//
//   u32 length of the rest | u32 length of the header | header (JSON, with `blobs`: the length of each byte string) | byte strings

export interface Frame<H> {
  readonly header: H;
  readonly blobs: Uint8Array[];
}

/** Bytes before the header. */
export const PREFIX_BYTES = 8;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The prefix and header of a frame; the byte strings follow it as they are, so that none is copied. */
export function frameHead(header: object, blobs: readonly Uint8Array[]): Uint8Array {
  const lengths = blobs.map((blob) => blob.length);
  const text = encoder.encode(JSON.stringify({ ...header, blobs: lengths }));
  const head = new Uint8Array(PREFIX_BYTES + text.length);
  const view = new DataView(head.buffer);
  view.setUint32(
    0,
    lengths.reduce((sum, length) => sum + length, 4 + text.length),
    true,
  );
  view.setUint32(4, text.length, true);
  head.set(text, PREFIX_BYTES);
  return head;
}

/** Length of a whole frame, from its first four bytes. */
export function frameLength(bytes: Uint8Array): number {
  return 4 + new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

/** Takes a whole frame apart. The byte strings are views of `bytes`. Throws RangeError or SyntaxError on malformed frames. */
export function readFrame<H>(bytes: Uint8Array): Frame<H> {
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const header = JSON.parse(decoder.decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + size))) as H & {
    blobs: number[];
  };
  const blobs: Uint8Array[] = [];
  let at = PREFIX_BYTES + size;
  for (const length of header.blobs) {
    if (!Number.isSafeInteger(length) || length < 0 || at + length > bytes.length)
      throw new RangeError('frame is shorter than it says');
    blobs.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { header, blobs };
}
