// Reports of verifications, as a person or a script reads them, and the time that they are made for.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { Report } from '../../protocol/verify/index.ts';
import { type OutputFlags, plain, print, style } from './output.ts';

/** A time that a person gave, in ms; now without one. Throws USAGE. */
export function timeOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new ZeroError('USAGE', `${text} is not a time such as 2026-01-31T12:00:00Z`);
  return time;
}

/** Prints a report; a refusal sets exit code 3 and says why on stderr. */
export function showReport(flags: OutputFlags, name: string, report: Report): void {
  print(flags, { file: name, ...report }, () =>
    [
      `${report.ok ? style.green('verified') : style.red('REFUSED')}  ${name}  (${report.kind})`,
      ...report.checks.map(
        (check) => `  ${check.ok ? style.green('✓') : style.red('✗')} ${check.name}: ${plain(check.detail)}`,
      ),
    ].join('\n'),
  );
  if (report.ok) return;
  const failed = report.checks.find((check) => !check.ok);
  process.stderr.write(
    `${style.red('error')}: ${name}: ${plain(failed?.detail ?? 'nothing could be checked')} [${failed?.code ?? 'DECODE_FAILED'}]\n`,
  );
  process.exitCode = 3;
}
