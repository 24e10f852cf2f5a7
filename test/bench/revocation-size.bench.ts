// Bytes a revocation takes when a whole log's revocations are told at once, against the compressed bitstring of status lists.

import { gzipSync } from 'node:zlib';
import { decodeRevokedIndexes, encodeRevokedIndexes } from '../../protocol/revocation/index.ts';
import type { Bench } from './bench.ts';

/** The least that any code takes on average for independent revocations: bits of entropy a revocation, in bytes. */
function least(share: number): number {
  const bits = -share * Math.log2(share) - (1 - share) * Math.log2(1 - share);
  return bits / share / 8;
}

/** 131,072 entries is the length of a W3C status list. In longer ones gzip comes nearer to the entropy, which nobody can go below. */
const CASES = [
  { size: 131_072, share: 0.01, value: 0.75 },
  { size: 131_072, share: 0.001, value: 0.6 },
  { size: 1_000_000, share: 0.01, value: 0.75 },
  { size: 1_000_000, share: 0.001, value: 0.65 },
] as const;

export const bench: Bench = {
  name: 'revocation-size',
  summary:
    'bytes a revocation in the list of a log, exact, against the gzip bitstring of status lists (RFC 1952, level 9)',
  bar: { sign: '<=', value: 0.75 },
  async run({ note, random, report }) {
    for (const { size, share, value } of CASES) {
      const stream = random(`${size} ${share}`);
      const indexes: number[] = [];
      const bitstring = new Uint8Array(Math.ceil(size / 8));
      for (let index = 0; index < size; index++) {
        if (stream.unit() >= share) continue;
        indexes.push(index);
        bitstring[index >> 3]! |= 0x80 >> (index & 7);
      }
      const list = encodeRevokedIndexes({ size, indexes });
      const back = decodeRevokedIndexes(list);
      if (back.indexes.length !== indexes.length || back.indexes.some((index, i) => index !== indexes[i]))
        throw new Error('the list does not decode to what was encoded');
      const packed = gzipSync(bitstring, { level: 9 });
      const floor = (least(share) * indexes.length) / packed.length;
      note(
        `${share * 100} % of ${size}: no exact code is below ${least(share).toFixed(3)} bytes a revocation on average, a ratio of ${floor.toFixed(3)}`,
      );
      report({
        case: `${share * 100} % of ${size.toLocaleString('en-US')} entries revoked`,
        sizes: { entries: size, revoked: indexes.length, bytes: list.length },
        ours: list.length / indexes.length,
        peer: packed.length / indexes.length,
        peerName: 'gzip -9 of a bitstring',
        unit: 'bytes',
        better: 'lower',
        bar: { sign: '<=', value },
      });
    }
  },
};
