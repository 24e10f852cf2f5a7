// zerostate prov add: attestations of other tools from files, standard input or a watched folder.

import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ATTESTATION_BYTES_MAX } from '../../../protocol/attestation/index.ts';
import { toBase64 } from '../../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { untilSignal } from '../until-signal.ts';

interface Added {
  file: string;
  kind: string;
  digest: string;
  verified: boolean;
  reason: string | null;
  subjects: string[];
  statementIds: string[];
  known: boolean;
}
/** A file that is still being written when it is seen: looked at again after this, in ms. */
const SETTLE_MS = 300;
const TOO_LARGE = `At most ${ATTESTATION_BYTES_MAX} bytes: split the document, or publish a smaller statement about it.`;
/** Gathers an option that may be repeated. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

async function stdinBytes(): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Uint8Array>) {
    parts.push(part);
    length += part.length;
    if (length > ATTESTATION_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', 'more than an attestation may have', { hint: TOO_LARGE });
  }
  return new Uint8Array(Buffer.concat(parts));
}

async function bytesOf(file: string): Promise<Uint8Array> {
  if (file === '-') return await stdinBytes();
  try {
    const { size } = await stat(file);
    if (size > ATTESTATION_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `larger than an attestation may be`, { hint: TOO_LARGE });
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    if (isZeroError(cause)) throw cause;
    throw new ZeroError('USAGE', 'it cannot be read', { cause });
  }
}

function addedText({ digest, file, kind, known, reason, statementIds, subjects, verified }: Added): string {
  const proof = verified ? style.green('verified') : style.dim(`unverified: ${plain(reason ?? '')}`);
  return [
    `${known ? 'known already' : style.green('added')}  ${plain(kind)}  ${proof}  ${plain(file)}`,
    `  original ${digest}`,
    ...subjects.map((subject) => `  about ${plain(subject)}`),
    ...statementIds.map((id) => `  statement ${id}`),
  ].join('\n');
}

async function addAll(client: ApiClient, file: string, flags: AddFlags): Promise<Added[]> {
  const keys = await Promise.all(flags.key.map(async (path) => Buffer.from(await bytesOf(path)).toString()));
  const { added } = await client.post<{ added: Omit<Added, 'file'>[] }>('/v1/provenance', {
    attestation: toBase64(await bytesOf(file)),
    keys,
    ...(flags.agent === undefined ? {} : { agent: flags.agent }),
  });
  return added.map((one) => ({ file, ...one }));
}

function show(added: readonly Added[], flags: AddFlags): void {
  print(flags, { added }, () => added.map(addedText).join('\n'));
}

/** An error that names the file that it is about. */
function named(file: string, error: ZeroError): ZeroError {
  const name = file === '-' ? 'standard input' : file;
  const { cause, code, hint } = error;
  return new ZeroError(code, `${name}: ${error.message}`, { cause, ...(hint === undefined ? {} : { hint }) });
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
      show(await addAll(client, join(folder, name), flags), flags);
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

/** Adds the command. */
export function registerProvAdd(prov: Command): void {
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
        const added: Added[] = [];
        const refused: ZeroError[] = [];
        for (const file of files)
          try {
            added.push(...(await addAll(client, file, flags)));
          } catch (error) {
            if (!isZeroError(error)) throw error;
            refused.push(named(file, error));
          }
        if (added.length > 0) show(added, flags);
        // The last is told by whoever ends the command.
        for (const error of refused.slice(0, -1))
          process.stderr.write(`error: ${plain(error.message)} [${error.code}]\n`);
        const last = refused.at(-1);
        if (last !== undefined) throw last;
        if (flags.watch !== undefined) await watchFolder(client, flags.watch, flags);
      });
    });
}
