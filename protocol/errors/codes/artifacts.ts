// Error codes of artifacts: files and folders by content id. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const artifactCodes = {
  ARTIFACT_INCOMPLETE: {
    exit: 4,
    http: 504,
    retryable: true,
    summary: 'Nobody who was asked has every block of the artifact.',
    remedy:
      'Ask again when a provider is connected: blocks that arrived are kept, and only the rest is fetched.',
  },
  ARTIFACT_REFUSED: {
    exit: 3,
    http: 422,
    retryable: false,
    summary:
      'Blocks of an artifact are not what their content id says, or do not form files and folders within bounds.',
    remedy: 'Do not use it; ask its author for another. docs/reference/artifacts.md lists the bounds.',
  },
  ARTIFACT_QUOTA: {
    exit: 4,
    http: 507,
    retryable: false,
    summary: 'The store of artifacts is full of what must be kept.',
    remedy:
      'Unpin artifacts ("zerostate artifact list"), or raise artifacts.bytesMax where the disk has room.',
  },
} as const satisfies Record<string, ErrorEntry>;
