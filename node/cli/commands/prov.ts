// zerostate prov: what is known about an artifact, who says so, is it still good, and prove it.

import { watch } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ATTESTATION_BYTES_MAX } from '../../../protocol/attestation/index.ts';
import { toBase64 } from '../../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import type { ProvenanceEndView, ProvenanceRowView } from '../../provenance/view.ts';
import { ApiClient } from '../client.ts';
import { askEverybody } from '../federated.ts';
import { plain, print, runAction, style } from '../output.ts';
import { endText, rowText } from '../prov-text.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { untilSignal } from '../until-signal.ts';
import { positiveInteger } from './find.ts';

interface Added {
  kind: string;
  digest: string;
  verified: boolean;
  reason: string | null;
  subjects: string[];
  statementIds: string[];
  known: boolean;
}
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

/** A file that is still being written when it is seen: looked at again after this, in ms. */
const SETTLE_MS = 300;
const collect = (value: string, before: string[]) => [...before, value];

async function stdinBytes(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length > ATTESTATION_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `more than ${ATTESTATION_BYTES_MAX} bytes on standard input`);
  }
  return new Uint8Array(Buffer.concat(parts));
}

async function bytesOf(file: string): Promise<Uint8Array> {
  if (file === '-') return await stdinBytes();
  return new Uint8Array(
    await readFile(file).catch((cause: unknown) => {
      throw new ZeroError('USAGE', `cannot read ${file}`, { cause });
    }),
  );
}

function addedText(
  file: string,
  { digest, kind, known, reason, statementIds, subjects, verified }: Added,
): string {
  const proof = verified ? style.green('verified') : style.dim(`unverified: ${plain(reason ?? '')}`);
  return [
    `${known ? 'known already' : style.green('added')}  ${plain(kind)}  ${proof}  ${plain(file)}`,
    `  original ${digest}`,
    ...subjects.map((subject) => `  about ${plain(subject)}`),
    ...statementIds.map((id) => `  statement ${id}`),
  ].join('\n');
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

async function addAll(client: ApiClient, file: string, flags: AddFlags): Promise<Added[]> {
  const keys = await Promise.all(flags.key.map(async (path) => Buffer.from(await bytesOf(path)).toString()));
  const { added } = await client.post<{ added: Added[] }>('/v1/provenance', {
    attestation: toBase64(await bytesOf(file)),
    keys,
    ...(flags.agent === undefined ? {} : { agent: flags.agent }),
  });
  print(flags, { file, added }, () => added.map((one) => addedText(file, one)).join('\n'));
  return added;
}

interface AddFlags extends ClientFlags {
  key: string[];
  agent?: string;
  watch?: string;
}

/** Adds what is in a folder and what comes into it, until a signal. A file that is no attestation is named and left alone. */
async function watchFolder(client: ApiClient, folder: string, flags: AddFlags): Promise<void> {
  const { promise, signal } = untilSignal();
  const waiting = new Map<string, NodeJS.Timeout>();
  const take = async (name: string) => {
    try {
      await addAll(client, join(folder, name), flags);
    } catch (error) {
      if (!isZeroError(error)) throw error;
      process.stderr.write(`${plain(name)}: ${plain(error.message)} [${error.code}]\n`);
    }
  };
  const seen = watch(folder, { signal }, (_event, name) => {
    if (name === null || name.startsWith('.')) return;
    clearTimeout(waiting.get(name));
    waiting.set(
      name,
      setTimeout(() => void take(name), SETTLE_MS),
    );
  });
  seen.on('error', () => undefined);
  for (const name of (await readdir(folder)).sort()) if (!name.startsWith('.')) await take(name);
  await promise;
  for (const timer of waiting.values()) clearTimeout(timer);
}

/** Adds the commands. */
export function registerProv(program: Command): void {
  const prov = program
    .command('prov')
    .description('provenance: what is known of an artifact, by whom, with proofs');

  withTarget(
    prov
      .command('add')
      .description('import SLSA, in-toto, CycloneDX, SPDX or OpenVEX: bare, in DSSE or in a Sigstore bundle')
      .argument('[files...]', 'files, or - for standard input', []),
  )
    .option('--key <pem>', 'file with a public key to verify signatures under; may be repeated', collect, [])
    .option('--agent <id>', 'in whose name; default: the primary agent of the node')
    .option('--watch <folder>', 'add what is in a folder and what comes into it, until stopped')
    .action(async (files: string[], flags: AddFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        if (files.length === 0 && flags.watch === undefined) throw new ZeroError('USAGE', 'no file is named');
        for (const file of files) await addAll(client, file, flags);
        if (flags.watch !== undefined) await watchFolder(client, flags.watch, flags);
      });
    });

  withQuestion(
    prov
      .command('query')
      .description('what is known, nearest first: rows are printed as they are found')
      .argument('[things...]', 'sha256:…, another digest, a statement id or an agent id', []),
  )
    .option('--prove', 'have it proven that this node left nothing of its own log out')
    .option('--jsonl', 'print a JSON row a line, as they are found')
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
      .argument('<statement>'),
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
          await writeFile(flags.out, found.proof);
          print(flags, { file: flags.out }, ({ file }) => `wrote ${file}`);
        }
      });
    });

  withTarget(
    prov
      .command('revoke')
      .description('revoke one statement of an agent of this node')
      .argument('<statement>'),
  )
    .requiredOption('--reason <text>', 'why')
    .action(async (statement: string, flags: ClientFlags & { reason: string }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
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

async function original(thing: string, path: string, flags: ClientFlags): Promise<void> {
  const client = await ApiClient.connect(flags);
  const response = await client.stream('GET', `/v1/provenance/originals/${encodeURIComponent(thing)}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  await writeFile(path, bytes);
  print(flags, { file: path, bytes: bytes.length }, ({ file }) => `wrote ${file}`);
}
