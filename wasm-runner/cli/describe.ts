// Text and JSON of results and inspections. Must not: read or run anything.

import { digestJob, digestResult, type Inspection, type Job, type RunResult } from '../index.ts';
import { remedyOfEnd } from '../remedies.ts';
import { printable } from './report.ts';

/** How a run ended, and what to do about a refusal, for stderr. */
export function describeResult(result: RunResult): string {
  const code = result.status === 'EXIT' ? ` ${result.exitCode}` : '';
  const files = Object.keys(result.outputs).length;
  const detail = result.detail === undefined ? '' : `: ${printable(result.detail)}`;
  const left = files === 0 ? '' : `, ${files} output file${files === 1 ? '' : 's'}`;
  const remedy = remedyOfEnd(result.status, result.detail ?? '');
  const hint = remedy === null ? '' : `  ${remedy}\n`;
  return `${result.status}${code}${detail} (fuel ${result.fuel}, ${result.wallMs.toFixed(1)} ms${left})\n${hint}`;
}

/** Functions that a trace prints. */
const TRACE_LINES_MAX = 20;

/** The greediest functions of a traced run; nothing without a trace. */
export function describeTrace(result: RunResult): string {
  const lines = (result.trace ?? []).slice(0, TRACE_LINES_MAX).map(({ name, fuel }) => {
    const share = ((Number(fuel) / Number(result.fuel)) * 100).toFixed(1);
    return `${share.padStart(6)} %  ${String(fuel).padStart(14)}  ${printable(name)}\n`;
  });
  return lines.join('');
}

/** A run as JSON: content as base64, and the digests that a receipt would state. */
export function resultJson(job: Job, result: RunResult): object {
  const { stdout, stderr, outputs, fuel, trace, ...rest } = result;
  return {
    ...rest,
    fuel: fuel.toString(),
    ...(trace === undefined ? {} : { trace: trace.map((row) => ({ ...row, fuel: row.fuel.toString() })) }),
    stdout: stdout.toBase64(),
    stderr: stderr.toBase64(),
    outputs: Object.fromEntries(Object.entries(outputs).map(([path, bytes]) => [path, bytes.toBase64()])),
    digests: { job: digestJob(job), result: digestResult(result) },
  };
}

/** An inspection as text. */
export function describeInspection(inspection: Inspection): string {
  const lines = [
    `${inspection.digest}  ${inspection.bytes} bytes`,
    inspection.verdict === 'OK'
      ? 'runs'
      : `refused: ${inspection.verdict}: ${printable(inspection.reason ?? '')}`,
  ];
  if (inspection.remedy !== null) lines.push(`remedy     ${inspection.remedy}`);
  const { needs } = inspection;
  if (needs !== null) {
    const max = needs.memoryMaxBytes === null ? 'no maximum' : `at most ${needs.memoryMaxBytes} bytes`;
    lines.push(`functions  ${needs.functions}${needs.hasStart ? ', with a start section' : ''}`);
    lines.push(`memory     starts with ${needs.memoryMinBytes} bytes, ${max}`);
    if (needs.tableElements > 0) lines.push(`tables     ${needs.tableElements} elements`);
    if (needs.startFuel !== null)
      lines.push(
        `metered    ${needs.meteredBytes} bytes, ${needs.startFuel} fuel before the first instruction`,
      );
    lines.push(`exports    ${needs.exports.map((item) => printable(item.name)).join(', ') || 'none'}`);
    lines.push(needs.imports.length === 0 ? 'imports    none' : 'imports');
    for (const item of needs.imports)
      lines.push(
        `  ${printable(item.name)}${item.problem === null ? '' : `  REFUSED: ${printable(item.problem)}`}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
