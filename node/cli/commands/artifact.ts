// zerostate artifact: files and folders by content id.

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { packTar, unpackTar } from 'modern-tar/fs';
import { ZeroError } from '../../../protocol/errors/index.ts';
import type { ArtifactView } from '../../artifacts/index.ts';
import { ApiClient } from '../client.ts';
import { type ConfirmFlags, confirmed, withConfirm } from '../confirm.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { idOf } from '../short-id.ts';
import { positiveInteger } from './find.ts';

const WAIT_MS = 20_000;
/** Long-polls before giving up: an hour. */
const ROUNDS_MAX = 180;

interface Usage {
  readonly bytes: number;
  readonly bytesMax: number;
}

export function registerArtifact(program: Command): void {
  const artifact = program.command('artifact').description('files and folders by content id: add, get, keep');

  withTarget(
    artifact
      .command('add')
      .description('add a file or folder; prints its content id, the same on every node')
      .argument('<path>', 'file or folder'),
  )
    .option('--name <name>', 'name to show for it (default: that of the path)')
    .option('--no-pin', 'do not keep it: it gives way when room is needed')
    .option('--copies <n>', 'copies in the region, this one included (default: 3)', positiveInteger)
    .action(async (path: string, flags: ClientFlags & { name?: string; pin: boolean; copies?: number }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const place = resolve(path);
        const info = await stat(place).catch((cause: unknown) => {
          throw new ZeroError('USAGE', `there is no ${place}`, { cause });
        });
        const query = new URLSearchParams({ name: flags.name ?? basename(place), pin: String(flags.pin) });
        if (flags.copies !== undefined) query.set('copies', String(flags.copies));
        const isFolder = info.isDirectory();
        const response = await client.stream('POST', `/v1/artifacts?${query}`, {
          type: isFolder ? 'application/x-tar' : 'application/octet-stream',
          body: isFolder ? packTar(place) : createReadStream(place),
        });
        print(flags, (await response.json()) as ArtifactView, (view) => view.cid);
      });
    });

  withTarget(
    artifact
      .command('get')
      .description('fetch an artifact from whoever has it, and write it here')
      .argument('<cid>', 'content id'),
  )
    .option('--out <path>', 'where to write it (default: its name or content id)')
    .option('--from <peer...>', 'peer ids to ask first')
    .action(async (cid: string, flags: ClientFlags & { out?: string; from?: string[] }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const view = await fetchWhole(client, cid, flags.from ?? []);
        const out = resolve(flags.out ?? outName(view));
        const response = await client.stream('GET', `/v1/artifacts/${encodeURIComponent(cid)}/content`);
        const body = Readable.fromWeb(response.body as never);
        if (view.kind === 'folder') {
          await mkdir(out, { recursive: true });
          await pipeline(body, unpackTar(out));
        } else await pipeline(body, createWriteStream(out, { flags: 'wx' }));
        print(flags, { ...view, out }, () => `${view.contentBytes} bytes, ${view.entries} entries: ${out}`);
      });
    });

  withTarget(artifact.command('list').description('artifacts on the node')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const answer = await client.get<{ artifacts: ArtifactView[]; usage: Usage }>('/v1/artifacts');
        print(flags, answer, ({ artifacts, usage }) =>
          [
            table([
              ['CID', 'NAME', 'KIND', 'BYTES', 'STATE', 'COPIES'],
              ...artifacts.map((view) => [
                view.cid,
                plain(view.name),
                view.kind,
                String(view.complete ? view.contentBytes : view.bytes),
                stateOf(view),
                view.copies === null ? '' : `${view.copies.holders.length + 1}/${view.copies.wanted}`,
              ]),
            ]),
            style.dim(`${usage.bytes} of ${usage.bytesMax} bytes`),
          ].join('\n'),
        );
      });
    },
  );

  withTarget(
    artifact
      .command('show')
      .description('one artifact: what is here, who holds copies')
      .argument('<cid>', 'content id, or its end'),
  ).action(async (cid: string, flags: ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      print(flags, await client.get<ArtifactView>(pathOf(await cidOf(client, cid))), show);
    });
  });

  withTarget(
    artifact
      .command('pin')
      .description('keep an artifact, with copies in the region')
      .argument('<cid>', 'content id, or its end'),
  )
    .option('--copies <n>', 'copies in the region, this one included (default: 3)', positiveInteger)
    .action(async (given: string, flags: ClientFlags & { copies?: number }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const cid = await cidOf(client, given);
        await fetchWhole(client, cid, []);
        const body = flags.copies === undefined ? {} : { copies: flags.copies };
        print(flags, await client.post<ArtifactView>(`${pathOf(cid)}/pin`, body), show);
      });
    });

  withConfirm(
    withTarget(
      artifact
        .command('unpin')
        .description('let an artifact give way when room is needed, here and at its other holders')
        .argument('<cid>', 'content id, or its end'),
    ),
  ).action(async (given: string, flags: ConfirmFlags & ClientFlags) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const cid = await cidOf(client, given);
      if (!(await confirmed(flags, `let ${cid} give way when room is needed`))) return;
      print(flags, await client.post<ArtifactView>(`${pathOf(cid)}/unpin`, {}), show);
    });
  });
}

/** A content id in full, or the end of one that is on the node, or its name. */
async function cidOf(client: ApiClient, text: string): Promise<string> {
  const { artifacts } = await client.get<{ artifacts: ArtifactView[] }>('/v1/artifacts');
  return (
    idOf(
      text,
      artifacts.map(({ cid: id, name }) => ({ id, name })),
    ) ?? text
  );
}

function pathOf(cid: string): string {
  return `/v1/artifacts/${encodeURIComponent(cid)}`;
}

/** A name that a stranger chose must not choose the place: only its letters are taken. */
function outName({ name, cid }: ArtifactView): string {
  const safe = name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '');
  return safe === '' ? cid : safe;
}

async function fetchWhole(client: ApiClient, cid: string, from: string[]): Promise<ArtifactView> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const view = await client.post<ArtifactView>(`${pathOf(cid)}/fetch`, { from, waitMs: WAIT_MS });
    if (view.complete) return view;
    process.stderr.write(style.dim(`${view.blocks} blocks, ${view.bytes} bytes so far\n`));
  }
  throw new ZeroError('ARTIFACT_INCOMPLETE', `${cid} has not arrived`);
}

function stateOf(view: ArtifactView): string {
  if (!view.complete) return 'incomplete';
  if (view.pinned) return 'pinned';
  return view.copies === null ? 'cached' : 'copy';
}

function show(view: ArtifactView): string {
  return [
    `${style.bold(view.cid)}  ${plain(view.name)}`,
    `  ${view.kind}, ${view.contentBytes} bytes, ${view.entries} entries, ${stateOf(view)}`,
    `  here: ${view.blocks} blocks, ${view.bytes} bytes`,
    ...(view.copies === null
      ? []
      : [
          `  copies in ${plain(view.copies.region)}: ${view.copies.holders.length + 1} of ${view.copies.wanted}, promised until ${view.copies.until}`,
          ...view.copies.holders.map((holder) => `    ${plain(holder)}`),
        ]),
  ].join('\n');
}
