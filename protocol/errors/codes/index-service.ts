// Error codes that the index-service room raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const indexServiceCodes = {
} as const satisfies Record<string, ErrorEntry>;
