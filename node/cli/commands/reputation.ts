// zerostate reputation: standings with their reasons, and the same recomputed offline from the statements alone.

import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { toHex } from '../../../protocol/bytes/index.ts';
import { sha256 } from '../../../protocol/crypto/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import {
  type Assessment,
  assess,
  assessmentBytes,
  dayOf,
  UNIT,
  type Viewpoint,
} from '../../../protocol/reputation/index.ts';
import { bookOfLines } from '../../reputation/statement-file.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style, table } from '../output.ts';
import { type ClientFlags, withJson, withTarget } from '../shared-flags.ts';
import { agentOf } from './card.ts';
import { registerReputationEvents } from './reputation-events.ts';

interface Answer {
  readonly view: Viewpoint;
  readonly standing: Assessment;
}

export function registerReputation(program: Command): void {
  const reputation = program
    .command('reputation')
    .description('how agents have kept their word, as this node sees it, and why');

  withTarget(
    reputation
      .command('show')
      .description('the standing of an agent')
      .argument('<agent>', 'agent id, its end, or the card’s name'),
  )
    .option('--explain', 'every term: who says it, how much of it counts, on what evidence')
    .action(async (agent: string, flags: ClientFlags & { explain?: boolean }) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        const answer = await client.get<Answer>(
          `/v1/reputation/${encodeURIComponent(await agentOf(client, agent))}`,
        );
        print(flags, withDigest(answer), ({ standing, digest, view }) =>
          describe(standing, view, digest, flags.explain === true),
        );
      });
    });

  withTarget(reputation.command('list').description('agents with a history, the best first')).action(
    async (flags: ClientFlags) => {
      await runAction(flags, async () => {
        const client = await ApiClient.connect(flags);
        print(flags, await client.get<{ standings: Assessment[] }>('/v1/reputation'), ({ standings }) =>
          table([
            ['AGENT', 'STATUS', 'AT LEAST', 'EXPECTED', 'EVENTS'],
            ...standings.map(({ about, status, lower, score, events }) => [
              plain(about),
              status,
              share(lower),
              share(score),
              String(events),
            ]),
          ]),
        );
      });
    },
  );

  registerReputationEvents(reputation);

  withTarget(
    reputation
      .command('export')
      .description('write the signed statements that standings follow from')
      .requiredOption('--out <file>', 'file to write, one statement a line'),
  ).action(async (flags: ClientFlags & { out: string }) => {
    await runAction(flags, async () => {
      const client = await ApiClient.connect(flags);
      const response = await client.stream('GET', '/v1/reputation-log');
      await pipeline(Readable.fromWeb(response.body as never), createWriteStream(flags.out));
      print(flags, { file: flags.out }, ({ file }) => `wrote ${file}`);
    });
  });

  withJson(
    reputation
      .command('recompute')
      .description('compute a standing offline from exported statements; the digest is that of "show"')
      .argument('<agent>', 'agent id')
      .requiredOption('--log <files...>', 'files of "zerostate reputation export"')
      .option('--own <agents...>', 'own agents: where trust begins', [])
      .option('--partners <agents...>', 'partners', [])
      .option('--at <time>', 'as of this day (RFC 3339); default: today'),
  ).action(
    async (
      agent: string,
      flags: { json?: boolean; log: string[]; own: string[]; partners: string[]; at?: string },
    ) => {
      await runAction(flags, async () => {
        const parts = await Promise.all(
          flags.log.map((file) =>
            readFile(file).catch((cause: unknown) => {
              throw new ZeroError('USAGE', `cannot read ${file}`, { cause });
            }),
          ),
        );
        const { book } = bookOfLines(new Uint8Array(Buffer.concat(parts)));
        const at = flags.at === undefined ? Date.now() : Date.parse(flags.at);
        if (Number.isNaN(at)) throw new ZeroError('USAGE', `${flags.at} is not a time`);
        const view = { own: flags.own.sort(), partners: flags.partners.sort(), day: dayOf(at) };
        const answer = { view, standing: assess(book, view, agent) };
        print(flags, withDigest(answer), ({ standing, digest }) => describe(standing, view, digest, true));
      });
    },
  );
}

function withDigest(answer: Answer): Answer & { digest: string } {
  return { ...answer, digest: `sha256:${toHex(sha256(assessmentBytes(answer.standing)))}` };
}

function share(millionths: number): string {
  return (millionths / UNIT).toFixed(3);
}

function describe(standing: Assessment, view: Viewpoint, digest: string, explain: boolean): string {
  const { about, status, lower, score, good, bad, terms } = standing;
  const head = `${style.bold(plain(about))}  ${status}: at least ${share(lower)}, expected ${share(score)}`;
  if (!explain) return head;
  return [
    head,
    `  good ${share(good)}, bad ${share(bad)} (units after decay); prior 1 and 1; two deviations below the mean`,
    ...terms.map(
      ({ side, source, rater, said, counted, events, evidence, note }) =>
        `  ${side === 'good' ? style.green('+') : style.red('-')} ${share(counted)} of ${share(said)}  ${source}${rater === null ? '' : ` ${plain(rater)}`}, ${events} events${note === null ? '' : `, ${note}`}: ${evidence.map(plain).join(' ')}`,
    ),
    style.dim(
      `  trust begins at ${[...view.own, ...view.partners].join(' ') || 'nobody: this node has no agent and no partner'}`,
    ),
    style.dim(`  ${digest}`),
  ].join('\n');
}
