// Error codes that the wasm-runner room raises. Stable: a code is never renamed or reused; see docs/reference/errors.md.

import type { ErrorEntry } from '../entry.ts';

export const wasmRunnerCodes = {
} as const satisfies Record<string, ErrorEntry>;
