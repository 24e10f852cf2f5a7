// What names the runner's rules in a result: schedule, rewriter and host ABI. Two results are comparable when all three agree.

import { createHash } from 'node:crypto';
import { REWRITER_ID, SCHEDULE_NAME, scheduleText } from './meter/index.ts';

/** Version of the WASI host: every return value is part of it. See docs/reference/wasi-host.md. */
export const ABI_ID = 'zerostate-wasi-preview1/1';

export { REWRITER_ID };

/** Hexadecimal digits of the digest in the id: enough to tell schedules apart. */
const DIGEST_DIGITS = 16;

/** Name of the weight table and the start of its SHA-256. */
export const SCHEDULE_ID = `${SCHEDULE_NAME}+${createHash('sha256').update(scheduleText()).digest('hex').slice(0, DIGEST_DIGITS)}`;
