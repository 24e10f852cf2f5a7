// Prints the answer of a node and its partners as it comes: rows, what was opened of sealed ones, how each partner ended, what is missing.

import { ZeroError } from '../../protocol/errors/index.ts';
import type { FederatedEvent } from '../partners/federated-types.ts';
import type { ProvenanceRowView } from '../provenance/view.ts';
import type { ApiClient } from './client.ts';
import { plain, print, style } from './output.ts';
import { rowText } from './prov-text.ts';
import type { ClientFlags } from './shared-flags.ts';

/** What a sealed statement among the rows says. */
interface OpenedLine {
  readonly kind: 'opening';
  readonly from: string;
  readonly statementId: string;
  readonly isPartial: boolean;
  readonly predicateType?: string;
  readonly predicate: Record<string, unknown>;
}
type PartnerLine = Extract<FederatedEvent, { kind: 'partner' }>;
type EndLine = Extract<FederatedEvent, { kind: 'end' }>;
type AlsoLine = Extract<FederatedEvent, { kind: 'also' }>;
type Line = (ProvenanceRowView & { readonly from: string }) | OpenedLine | PartnerLine | EndLine | AlsoLine;

export interface FederatedFlags extends ClientFlags {
  readonly jsonl?: boolean;
  readonly deadline?: number;
  readonly wait?: boolean;
}

/** Asks and prints. The exit code is 3 when a partner was caught or its answer does not verify. */
export async function askEverybody(
  client: ApiClient,
  question: object,
  flags: FederatedFlags,
): Promise<void> {
  const request = {
    question,
    ...(flags.deadline === undefined ? {} : { deadlineMs: flags.deadline }),
    ...(flags.wait === true ? { waitForAll: true } : {}),
  };
  const kept: Line[] = [];
  for await (const line of linesOf(client, request)) {
    if (flags.jsonl === true) process.stdout.write(`${JSON.stringify(line)}\n`);
    else if (flags.json === true) kept.push(line);
    else if (line.kind !== 'also') process.stdout.write(`${textOf(line)}\n`);
    if (line.kind === 'partner' && (line.state === 'lied' || line.state === 'invalid')) process.exitCode = 3;
  }
  if (flags.json === true && flags.jsonl !== true) print(flags, jsonOf(kept), () => '');
}

function jsonOf(lines: readonly Line[]) {
  const of = <K extends Line['kind']>(kind: K) =>
    lines.filter((line) => line.kind === kind) as Extract<Line, { kind: K }>[];
  return {
    rows: of('statement'),
    openings: of('opening'),
    // The last line about a partner stands: it may be judged again when others have answered.
    partners: [...new Map(of('partner').map((line) => [line.agent, line])).values()],
    end: of('end')[0] ?? null,
  };
}

async function* linesOf(client: ApiClient, request: object): AsyncGenerator<Line> {
  const body = async function* () {
    yield Buffer.from(JSON.stringify(request));
  };
  const sent = { type: 'application/json', body: body() };
  const response = await client.stream('POST', '/v1/partners/query', sent);
  if (response.body === null) throw new ZeroError('NODE_UNREACHABLE', 'the node sent no answer');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split('\n');
    text = lines.pop() as string;
    for (const line of lines) yield JSON.parse(line) as Line;
  }
}

function textOf(line: Exclude<Line, AlsoLine>): string {
  switch (line.kind) {
    case 'statement':
      return line.from === 'local'
        ? rowText(line, false)
        : `${rowText(line, false)}\n  from ${plain(line.from)}`;
    case 'opening': {
      const whole = line.isPartial ? 'in parts' : 'whole';
      const says = plain(JSON.stringify(line.predicate));
      return `  ${style.bold('opened')} ${whole}: ${plain(line.predicateType ?? '')} ${says}`;
    }
    case 'partner': {
      const state = line.state === 'complete' ? style.green(line.state) : style.red(line.state);
      const why = line.detail === '' ? line.reasons.join(', ') : line.detail;
      return `${plain(line.name)}  ${state}  ${line.rows} rows  ${Math.round(line.ms)} ms  ${style.dim(plain(why))}`;
    }
    case 'end': {
      const who = line.missing.map(({ name, state }) => `${plain(name)} (${state})`).join(', ');
      const partial = line.missing.length === 0 ? `cut: ${line.reasons.join(', ')}` : `missing: ${who}`;
      const word = line.isComplete ? style.green('complete') : `${style.red('partial')}, ${partial}`;
      return `${line.rows} statements in ${Math.round(line.ms)} ms, ${word}`;
    }
  }
}
