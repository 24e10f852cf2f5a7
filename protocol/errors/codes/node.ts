// Error codes that the node room raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const nodeCodes = {
} as const satisfies Record<string, ErrorEntry>;
