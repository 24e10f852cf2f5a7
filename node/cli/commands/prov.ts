// zerostate prov: what is known about an artifact, who says so, is it still good, and prove it.

import type { Command } from 'commander';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import type { ProvenanceEndView, ProvenanceRowView } from '../../provenance/view.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { askEverybody } from '../federated.ts';
import { print, runAction, style } from '../output.ts';
import { endText, rowText } from '../prov-text.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { writeWhole } from '../write-file.ts';
import { positiveInteger } from './find.ts';
import { collect, registerProvAdd } from './prov-add.ts';

interface QueryFlags extends ClientFlags {
  issuer?: string;
  type: string[];
  direction: string;
  depth: number;
  at?: string;
  limit?: number;
  prove?: boolean;
  jsonl?: boolean;
  partners?: boolean;
  deadline?: number;
  wait?: boolean;
}

/** Rows of an answer, as the node streams them. */
async function* rowsOf(
  client: ApiClient,
  question: object,
): AsyncGenerator<ProvenanceRowView | ProvenanceEndView> {
  const body = async function* () {
    yield Buffer.from(JSON.stringify(question));
  };
  const response = await client.stream('POST', '/v1/provenance/query', {
    type: 'application/json',
    body: body(),
  });
  if (response.body === null) throw new ZeroError('NODE_UNREACHABLE', 'the node sent no answer');
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (text + chunk).split('\n');
    text = lines.pop() as string;
    for (const line of lines) yield JSON.parse(line) as ProvenanceRowView | ProvenanceEndView;
  }
}

function questionOf(things: string[], flags: QueryFlags) {
  return {
    start: things,
    types: flags.type,
    direction: flags.direction,
    depth: flags.depth,
    prove: flags.prove === true,
    ...(flags.issuer === undefined ? {} : { issuer: flags.issuer }),
    ...(flags.at === undefined ? {} : { at: flags.at }),
    ...(flags.limit === undefined ? {} : { limit: flags.limit }),
  };
}

async function ask(things: string[], flags: QueryFlags, full: boolean): Promise<void> {
  const client = await ApiClient.connect(flags);
  const kept: ProvenanceRowView[] = [];
  for await (const row of rowsOf(client, questionOf(things, flags))) {
    if (flags.jsonl === true) process.stdout.write(`${JSON.stringify(row)}\n`);
    else if (flags.json === true) {
      if (row.kind === 'statement') kept.push(row);
      else print(flags, { rows: kept, end: row }, () => '');
    } else process.stdout.write(`${row.kind === 'statement' ? rowText(row, full) : endText(row)}\n`);
    const lacking = row.kind === 'end' && row.completeness.some(({ complete }) => !complete);
    if (lacking) process.exitCode = 3;
  }
}

function withQuestion(command: Command): Command {
  return withTarget(command)
    .option('--issuer <id>', 'only what this agent, or the holder of this foreign key, says')
    .option('--type <uri>', 'only statements of this predicate type; may be repeated', collect, [])
    .option('--direction <way>', 'sources (what it is made of), uses (what was made with it) or both', 'both')
    .option('--depth <steps>', 'steps to walk from the thing', (text) => Number(text), 2)
    .option('--at <time>', 'as it was known at this time (RFC 3339)')
    .option('--limit <n>', 'statements at most', positiveInteger);
}

/** Adds the commands. */
export function registerProv(program: Command): void {
  const prov = program
    .command('prov')
    .description('provenance: what is known of an artifact, by whom, with proofs');

  registerProvAdd(prov);

  withQuestion(
    prov
      .command('query')
      .description('what is known, nearest first: rows are printed as they are found')
      .argument('[things...]', 'sha256:…, another digest, a statement id or an agent id', []),
  )
    .option('--prove', 'have it proven that this node left nothing of its own log out')
    .option('--partners', 'ask the partners of the node too')
    .option(
      '--deadline <ms>',
      'with --partners: end after so many milliseconds, whoever is missing',
      positiveInteger,
    )
    .option('--wait', 'with --partners: wait until then for those too that have not answered lately')
    .action(async (things: string[], flags: QueryFlags) => {
      await runAction(flags, async () => {
        if (flags.partners !== true) return await ask(things, flags, false);
        await askEverybody(await ApiClient.connect(flags), questionOf(things, flags), flags);
      });
    });

  withTarget(
    prov
      .command('show')
      .description('all about one statement or thing')
      .argument('<thing>', 'statement id or digest'),
  )
    .option('--original <file>', 'write the original bytes of an import here')
    .action(async (thing: string, flags: ClientFlags & { original?: string }) => {
      await runAction(flags, async () => {
        if (flags.original !== undefined) return await original(thing, flags.original, flags);
        await ask([thing], { ...flags, type: [], direction: 'both', depth: 0 }, true);
      });
    });

  withTarget(
    prov
      .command('prove')
      .description('a proof of one statement for anybody: a C2SP tlog-proof')
      .argument('<statement>', 'statement id'),
  )
    .option('--out <file>', 'file to write instead of stdout')
    .action(async (statement: string, flags: ClientFlags & { out?: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const found = await client.get<{ proof: string }>(
          `/v1/provenance/${encodeURIComponent(statement)}/proof`,
        );
        if (flags.out === undefined) print(flags, found, ({ proof }) => proof.trimEnd());
        else {
          await writeWhole(flags.out, found.proof);
          print(flags, { file: flags.out }, ({ file }) => `wrote ${file}`);
        }
      });
    });

  withQuestion(
    prov
      .command('bundle')
      .description('the answer as one file that an auditor verifies without a network')
      .argument('[things...]', 'as for query', []),
  )
    .requiredOption('--out <file>', 'file to write')
    .action(async (things: string[], flags: QueryFlags & { out: string }) => {
      await runAction(flags, async () => bundle(things, flags));
    });

  withConfirm(
    withTarget(
      prov
        .command('revoke')
        .description('revoke one statement of an agent of this node')
        .argument('<statement>', 'statement id'),
    ),
  )
    .requiredOption('--reason <text>', 'why')
    .action(async (statement: string, flags: ConfirmFlags & ClientFlags & { reason: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (!(await confirmed(flags, `revoke the statement ${statement}`))) return;
        const { reason } = flags;
        const done = await client.post<{ statementId: string }>('/v1/provenance/revoke', {
          statement,
          reason,
        });
        print(
          flags,
          done,
          ({ statementId }) => `${style.green('revoked')}  ${statement}\n  by ${statementId}`,
        );
      });
    });
}

async function bundle(things: string[], flags: QueryFlags & { out: string }): Promise<void> {
  const client = await ApiClient.connect(flags);
  // A walk is proven whole, or filtered; see protocol/provenance/query.ts.
  const filtered = flags.type.length > 0 || flags.issuer !== undefined;
  const question = { ...questionOf(things, flags), prove: !filtered };
  const body = async function* () {
    yield Buffer.from(JSON.stringify(question));
  };
  const response = await client.stream('POST', '/v1/provenance/bundle', {
    type: 'application/json',
    body: body(),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  await writeWhole(flags.out, bytes);
  const { subject } = verify(bytes, { now: Date.now() });
  print(
    flags,
    { file: flags.out, bytes: bytes.length, ...subject },
    ({ file }) =>
      `wrote ${file}: ${bytes.length} bytes, ${subject.statements} statements; "zerostate verify ${file}" needs no network`,
  );
}

async function original(thing: string, path: string, flags: ClientFlags): Promise<void> {
  const client = await ApiClient.connect(flags);
  const response = await client.stream('GET', `/v1/provenance/originals/${encodeURIComponent(thing)}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  await writeWhole(path, bytes);
  print(flags, { file: path, bytes: bytes.length }, ({ file }) => `wrote ${file}`);
}
