// zerostate verify: any file of the network, offline; of a bundle also whether it speaks of the files that came with it.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { CAPSULE_BYTES_MAX, verifyWithCapsules } from '../../../protocol/capsule/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { POLICY_BYTES_MAX } from '../../../protocol/log/index.ts';
import type { About, VerifyOptions } from '../../../protocol/verify/index.ts';
import { type OutputFlags, runAction } from '../output.ts';
import { readBounded, unreadable } from '../read-file.ts';
import { showReport, timeOf } from '../report-text.ts';
import { withJson } from '../shared-flags.ts';
import { collect } from './prov-add.ts';

type VerifyFlags = OutputFlags & {
  at?: string;
  policy?: string;
  maxAge?: string;
  of: string[];
  by?: string;
  type?: string;
};

/** Adds the command. */
export function registerVerify(program: Command): void {
  withJson(
    program
      .command('verify')
      .description(
        'verify any file of the network, offline: receipts, cards, statements, checkpoints, proofs',
      )
      .argument('<files...>', 'receipts, evidence, bundles, proofs: anything that this network signs'),
  )
    .option('--at <time>', 'verification time (RFC 3339); default: now')
    .option(
      '--policy <file>',
      'logs, witnesses and quorum that heads must have (C2SP tlog-policy; "zerostate log witness --policy" prints one)',
    )
    .option('--max-age <seconds>', 'with --policy: oldest word of a witness that counts')
    .option(
      '--of <file>',
      'a file that the statements of a bundle must speak of; may be repeated',
      collect,
      [],
    )
    .option('--by <agent>', 'with --of: who must have said so, by full id')
    .option('--type <uri>', 'with --of: in a statement of this predicate type')
    .action(async (files: string[], flags: VerifyFlags) => {
      await runAction(flags, async () => {
        const options = await optionsOf(flags);
        for (const file of files)
          showReport(flags, file, verifyWithCapsules(await readBounded(file, CAPSULE_BYTES_MAX), options));
      });
    });
}

// A release may be larger than what a verifier takes into memory.
async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  const feed = async (): Promise<void> => {
    for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) hash.update(chunk);
  };
  await feed().catch(unreadable(file));
  return `sha256:${hash.digest('hex')}`;
}

async function aboutOf({ by, of, type }: VerifyFlags): Promise<About | undefined> {
  if (of.length === 0) {
    if (by !== undefined || type !== undefined)
      throw new ZeroError('USAGE', '--by and --type are about the files that --of names');
    return undefined;
  }
  if (by !== undefined && !/^zs:bafkrei[a-z2-7]{52}$/.test(by))
    throw new ZeroError('USAGE', `${by} is not the full id of an agent`, {
      hint: 'It begins with zs:bafkrei and has 62 characters; the end of one could be anybody’s.',
    });
  const files = await Promise.all(
    of.map(async (file) => ({ name: basename(file), digest: await digestOf(file) })),
  );
  return { files, issuer: by ?? null, predicateType: type ?? null };
}

async function optionsOf(flags: VerifyFlags): Promise<VerifyOptions> {
  const { at, maxAge, policy } = flags;
  const about = await aboutOf(flags);
  const options = { now: timeOf(at), ...(about === undefined ? {} : { about }) };
  if (maxAge !== undefined && policy === undefined)
    throw new ZeroError('USAGE', '--max-age is about the witnesses that --policy names');
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge))
    throw new ZeroError('USAGE', `${maxAge} is not a number of seconds`);
  if (policy === undefined) return options;
  const text = Buffer.from(await readBounded(policy, POLICY_BYTES_MAX)).toString();
  return { ...options, policy: text, ...(maxAge === undefined ? {} : { maxAgeSeconds: Number(maxAge) }) };
}
