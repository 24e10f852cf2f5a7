// The slabs that Node cuts small buffers from. A view of forty bytes that lives as long as a connection keeps its whole slab, and the addresses of
// peers are such views: with Node's slabs of 64 KiB each connection and each remembered address may hold one. A smaller slab costs less than a
// microsecond more for each buffer of a few kilobytes.

import { Buffer } from 'node:buffer';

/** Bytes of a slab: what a kept view holds at most; buffers from half of it on have memory of their own. */
export const SLAB_BYTES = 8_192;

/** Makes the slabs of this process small from the next one on. */
export function smallSlabs(): void {
  Buffer.poolSize = Math.min(Buffer.poolSize, SLAB_BYTES);
}
