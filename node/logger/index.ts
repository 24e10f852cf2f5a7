// Structured logs on stderr (pino). Secrets are redacted by name; nothing here may log a key, a token or a task's content.

import { type Logger as PinoLogger, pino } from 'pino';
import { traceIds } from '../tracing/index.ts';

/** The logger that services take in their constructor. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>;

/** A logger of one node, JSON lines on stderr. */
export function createLogger(options: { level: string; name: string }): PinoLogger {
  return pino(
    {
      level: options.level,
      base: { node: options.name },
      mixin: traceIds,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'token',
          'seed',
          'privateKey',
          '*.token',
          '*.seed',
          '*.privateKey',
          'headers.authorization',
          'req.headers.authorization',
        ],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
