// Calls that move content: read, write, readdir.

import { LENGTH_WEIGHTS } from '../meter/schedule.ts';
import { fileOf, writableFile } from './calls-descriptor.ts';
import type { OpenFile } from './descriptors.ts';
import * as e from './errno.ts';
import type { WasiHost } from './host.ts';
import { FILE_BYTES_MAX } from './nodes.ts';

const DIRENT_BYTES = 24;
/** I/O vectors of one call, as Linux's IOV_MAX. */
const VECTORS_MAX = 1_024;

export const contentCalls = {
  fd_pread(
    host: WasiHost,
    fd: number,
    vectors: number,
    count: number,
    offset: bigint,
    result: number,
  ): number {
    const file = fileOf(host, fd);
    if ((file.rights & e.RIGHT_FD_READ) === 0n) return e.EBADF;
    return finish(host, result, readFrom(host, file.node.content(), position(offset), vectors, count));
  },

  fd_pwrite(
    host: WasiHost,
    fd: number,
    vectors: number,
    count: number,
    offset: bigint,
    result: number,
  ): number {
    const file = writableFile(host, fd);
    return finish(host, result, writeTo(host, file, position(offset), vectors, count));
  },

  fd_read(host: WasiHost, fd: number, vectors: number, count: number, result: number): number {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind === 'directory') return e.EISDIR;
    if (descriptor.kind === 'output' || (descriptor.rights & e.RIGHT_FD_READ) === 0n) return e.EBADF;
    const bytes = descriptor.kind === 'input' ? descriptor.bytes : descriptor.node.content();
    const read = readFrom(host, bytes, descriptor.offset, vectors, count);
    descriptor.offset += read;
    return finish(host, result, read);
  },

  fd_readdir(
    host: WasiHost,
    fd: number,
    buffer: number,
    length: number,
    cookie: bigint,
    result: number,
  ): number {
    const directory = host.directory(fd);
    const target = host.memory.slice(buffer, length);
    if (cookie === 0n || directory.listing === null) {
      const { node } = directory;
      directory.listing = [
        { name: '.', node },
        { name: '..', node: directory.preopen === null ? (node.parent ?? node) : node },
        ...node.sorted().map(([name, child]) => ({ name, node: child })),
      ];
    }
    const from = BigInt.asUintN(64, cookie);
    let used = 0;
    const entry = new Uint8Array(DIRENT_BYTES);
    const view = new DataView(entry.buffer);
    for (
      let index = from > BigInt(directory.listing.length) ? directory.listing.length : Number(from);
      index < directory.listing.length;
      index++
    ) {
      const { name, node } = directory.listing[index]!;
      const encoded = new TextEncoder().encode(name);
      host.charge(LENGTH_WEIGHTS.hostItem);
      view.setBigUint64(0, BigInt(index + 1), true);
      view.setBigUint64(8, node.ino, true);
      view.setUint32(16, encoded.length, true);
      view.setUint8(20, node.filetype);
      for (const part of [entry, encoded]) {
        const room = Math.min(part.length, target.length - used);
        target.set(part.subarray(0, room), used);
        used += room;
      }
      if (used === target.length) break;
    }
    return finish(host, result, used);
  },

  fd_write(host: WasiHost, fd: number, vectors: number, count: number, result: number): number {
    const descriptor = host.descriptors.get(fd);
    if (descriptor.kind === 'directory') return e.EISDIR;
    if (descriptor.kind === 'input' || (descriptor.rights & e.RIGHT_FD_WRITE) === 0n) return e.EBADF;
    if (descriptor.kind === 'output') {
      return finish(
        host,
        result,
        eachVector(host, vectors, count, (part) => {
          descriptor.write(part);
          return part.length;
        }),
      );
    }
    const start = descriptor.flags & e.FDFLAGS_APPEND ? descriptor.node.size : descriptor.offset;
    const written = writeTo(host, descriptor, start, vectors, count);
    descriptor.offset = start + written;
    return finish(host, result, written);
  },
};

function position(offset: bigint): number {
  const unsigned = BigInt.asUintN(64, offset);
  return unsigned > BigInt(Number.MAX_SAFE_INTEGER) ? e.fail(e.EINVAL) : Number(unsigned);
}

function finish(host: WasiHost, result: number, value: number): number {
  host.memory.setU32(result, value);
  return e.ESUCCESS;
}

/** Calls `use` with every non-empty vector until one is not used up; returns the bytes used. All vectors are consumed in order. */
function eachVector(
  host: WasiHost,
  vectors: number,
  count: number,
  use: (part: Uint8Array) => number,
): number {
  if (count >>> 0 > VECTORS_MAX) e.fail(e.EINVAL);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const part = host.memory.slice(
      host.memory.u32(vectors + index * 8),
      host.memory.u32(vectors + index * 8 + 4),
    );
    if (part.length === 0) continue;
    host.charge(part.length >> LENGTH_WEIGHTS.hostByteShift);
    const used = use(part);
    total += used;
    if (used < part.length) break;
  }
  return total;
}

function readFrom(host: WasiHost, bytes: Uint8Array, offset: number, vectors: number, count: number): number {
  let at = offset;
  return eachVector(host, vectors, count, (part) => {
    const size = Math.max(0, Math.min(part.length, bytes.length - at));
    part.set(bytes.subarray(at, at + size));
    at += size;
    return size;
  });
}

function writeTo(host: WasiHost, file: OpenFile, offset: number, vectors: number, count: number): number {
  let at = offset;
  return eachVector(host, vectors, count, (part) => {
    if (at + part.length > FILE_BYTES_MAX) e.fail(e.EFBIG);
    if (at > file.node.size) host.charge((at - file.node.size) >>> LENGTH_WEIGHTS.hostByteShift);
    file.node.write(at, part);
    at += part.length;
    return part.length;
  });
}
