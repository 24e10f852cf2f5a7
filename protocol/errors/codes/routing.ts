// Error codes that relays and routed streams raise. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const routingCodes = {
  ROUTE_NONE: {
    exit: 4,
    http: 503,
    retryable: true,
    summary: 'No relay knows a way to the peer now.',
    remedy: 'Check "zerostate relay routes" and that the peer is connected to a relay; try again shortly.',
  },
  ROUTE_REFUSED: {
    exit: 3,
    http: 403,
    retryable: false,
    summary:
      'A relay may not carry the stream: its policy, the region, the guild or the price stands against it.',
    remedy: 'Ask "zerostate relay why STREAM" at the relay that the message names, or loosen the conditions.',
  },
  ROUTE_LOST: {
    exit: 4,
    http: 503,
    retryable: true,
    summary: 'A routed stream broke off, and no other path took it over in time.',
    remedy: 'Ask again: the next stream takes another path.',
  },
  RELAY_DRAINING: {
    exit: 4,
    http: 503,
    retryable: true,
    summary: 'The relay takes no new streams: it is about to be stopped.',
    remedy: 'Use another relay; those that stay connected are found by themselves.',
  },
} as const satisfies Record<string, ErrorEntry>;
