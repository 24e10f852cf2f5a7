// Steps over what follows an opcode. Must not: look at what it steps over, but for the one bit that names a refused feature.

import type { ByteReader } from './byte-reader.ts';
import * as op from './opcodes.ts';
import { feature } from './refusal.ts';

/** Bit of a memory alignment that says that a memory index follows. */
const MEMORY_INDEX_BIT = 0x40;

/** Steps over immediates of a kind that opcodes.ts names. */
export function skipImmediates(reader: ByteReader, kind: number): void {
  switch (kind) {
    case op.NONE:
      break;
    case op.MEMARG:
      skipMemarg(reader);
      break;
    case op.LANE:
      reader.skip(1);
      break;
    case op.MEMARG_LANE:
      skipMemarg(reader);
      reader.skip(1);
      break;
    case op.BYTES_16:
      reader.skip(16);
      break;
    case op.INDEX_2:
      reader.skipLeb(5);
      reader.skipLeb(5);
      break;
    case op.LEB_64:
      reader.skipLeb(10);
      break;
    default:
      reader.skipLeb(5);
  }
}

function skipMemarg(reader: ByteReader): void {
  if (reader.u32() >= MEMORY_INDEX_BIT) throw feature('multiple memories');
  reader.skipLeb(5);
}

/** Steps over a float constant of 4 or 8 bytes; true when it is infinite or a NaN. */
export function skipFloat(reader: ByteReader, size: number): boolean {
  reader.skip(size);
  const high = reader.bytes[reader.at - 1]! & 0x7f;
  const next = reader.bytes[reader.at - 2]!;
  return high === 0x7f && (size === 4 ? next >= 0x80 : next >= 0xf0);
}
