// Headers of forwarded streams for tests: one that asks for nothing special, which a test changes where it matters.

import type { ForwardHeader } from '../../protocol/forward/index.ts';

/** A header to a peer, without bounds of the sender. */
export const plainHeader = (to: string, stream: Uint8Array = new Uint8Array(16)): ForwardHeader => ({
  stream,
  to,
  ttl: 8,
  slaClass: 'standard',
  region: '',
  guild: '',
  priceCeiling: null,
  currency: '',
  trace: '',
  budgetMs: 6_000,
  via: [],
});
