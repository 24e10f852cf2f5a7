// Structured logs on stderr (pino). Nothing may log a key, a token or a task's content; what comes all the same is censored (secrets.ts).

import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import { traceIds } from '../tracing/index.ts';
import { censorLine, censorMembers } from './secrets.ts';
import { lineSink } from './sink.ts';

/** The logger that services take in their constructor. */
export type Logger = Pick<PinoLogger, 'trace' | 'debug' | 'info' | 'warn' | 'error'>;

/** A logger of one node, JSON lines on stderr or where `to` says. */
export function createLogger(
  options: { level: string; name: string },
  to: DestinationStream = lineSink(),
): PinoLogger {
  return pino(
    {
      level: options.level,
      base: { node: options.name },
      mixin: traceIds,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: censorMembers },
      hooks: { streamWrite: censorLine },
    },
    to,
  );
}
