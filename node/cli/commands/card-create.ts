// zerostate card create: writes a card draft to start from. It needs no node and signs nothing; "card publish" does that.

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { plain, print, runAction, style } from '../output.ts';
import { withJson } from '../shared-flags.ts';

interface CreateFlags {
  readonly json?: boolean;
  readonly name: string;
  readonly description: string;
  readonly tag?: readonly string[];
}

/** A draft in YAML that can be published as it is. Every line that a person should look at says what it is for. */
export function draftText({ name, description, tag = [] }: CreateFlags): string {
  const tags = tag.length > 0 ? [...tag] : ['example'];
  const line = (key: string, value: unknown) => stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
  return `${[
    '# The part of an agent card that a person writes. Keys, sequence, dates, endpoints and the signature are added by the node.',
    line('name', name),
    '# One to three sentences in plain language: this is what find searches most.',
    line('description', description),
    '# Who answers for the agent.',
    line('operator', 'Unnamed operator'),
    '# What it can do: a name, a sentence, tags.',
    line('capabilities', [{ name: 'do', description, tags }]),
    line('tags', tags),
    '# BCP 47 tags.',
    line('languages', ['en']),
    '# For instance: - { unit: request, amount: "18000", currency: EUR }, which is 0.018 euro a request.',
    line('prices', []),
    '# best-effort, standard or premium.',
    line('sla', 'best-effort'),
  ].join('\n')}\n`;
}

async function create(file: string, flags: CreateFlags): Promise<void> {
  // An existing file is never written over: it may hold a person's work.
  await writeFile(file, draftText(flags), { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    throw new ZeroError(
      'USAGE',
      cause.code === 'EEXIST' ? `${file} is there already` : `cannot write ${file}`,
      {
        cause,
        hint:
          cause.code === 'EEXIST'
            ? `Publish it with "zerostate card publish ${file}", or name another file.`
            : 'Name a file in a folder that is there and that you may write to.',
      },
    );
  });
  print(
    flags,
    { file, name: flags.name },
    () => `wrote ${style.bold(plain(file))}; next: zerostate card publish ${plain(file)}`,
  );
}

/** Adds the command to "card". */
export function registerCardCreate(card: Command): void {
  withJson(
    card
      .command('create')
      .description('write a card to start from into a new file; nothing is signed or published yet')
      .argument('<file>', 'a YAML file that is not there yet'),
  )
    .option('--name <text>', 'what people call the agent', 'My agent')
    .option('--description <text>', 'what it does, in a sentence', 'Does one thing and does it well.')
    .option('--tag <tag...>', 'its trade, for filters')
    .action(async (file: string, flags: CreateFlags) => {
      await runAction(flags, () => create(file, flags));
    });
}
