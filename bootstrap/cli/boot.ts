// zerostate boot: signs and checks lists of boot nodes.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  type OutputFlags,
  plain,
  print,
  readSecretFile,
  runAction,
  withJson,
  writeSecretFile,
} from '../../node/cli/index.ts';
import { fromBase64 } from '../../protocol/bytes/index.ts';
import { type Envelope, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import {
  type BootList,
  type BootSigners,
  bootListsFromJson,
  bootListsToJson,
  followBootLists,
  isBootListInForce,
  signBootList,
} from '../boot-list.ts';

/** Refuses to write what no node would follow. Throws what the chain is refused for. */
function checkChain(chain: readonly Envelope[]): void {
  const first = parseStrictJson(chain[0]!.payload) as unknown as BootList;
  followBootLists(chain, { network: first.network, signers: first.signers, sequence: first.sequence });
  const numbers = chain.map(({ payload }) => (parseStrictJson(payload) as unknown as BootList).sequence);
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]!))
    throw new ZeroError('USAGE', `a new list needs a sequence above ${numbers.at(-2)}`);
}

/** An Ed25519 seed. */
const SEED_BYTES = 32;

async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  });
}

/** A signing key. Throws USAGE when the file holds none, KEY_FILE_UNSAFE when others can read it. */
async function seedOf(path: string): Promise<Uint8Array> {
  const text = await readSecretFile(path);
  if (text === undefined)
    throw new ZeroError('USAGE', `there is no file ${path}`, {
      hint: 'Make a key: zerostate boot key FILE.',
    });
  const seed = fromBase64(text.trim());
  if (seed.length !== SEED_BYTES) throw new ZeroError('USAGE', `${path} holds no key of boot lists`);
  return seed;
}

/** The lists of a file; none when it does not exist yet. */
async function listsOf(path: string): Promise<Envelope[]> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? [] : bootListsFromJson(text);
}

/** Adds the boot command. */
export function registerBootCommands(commands: Command): void {
  const boot = commands.command('boot').description('signed lists of boot nodes: key, sign, show');

  withJson(
    boot
      .command('key')
      .description('make a key that signs boot lists')
      .argument('<file>', 'file for its secret seed; never overwritten'),
  ).action(async (file: string, flags: OutputFlags) => {
    await runAction(flags, async () => {
      if ((await readSecretFile(file)) !== undefined)
        throw new ZeroError('ALREADY_EXISTS', `${file} exists already`);
      const seed = randomBytes(SEED_BYTES);
      await writeSecretFile(file, `${seed.toString('base64')}\n`);
      print(
        flags,
        { file, did: seedSigner(seed).keyid },
        (made) => `${made.did}\nits secret is in ${made.file}`,
      );
    });
  });

  withJson(
    boot
      .command('sign')
      .description('sign a list and add it to a file of lists')
      .argument('<list>', 'the list as JSON: network, sequence, issuedAt, expiresAt, nodes, signers')
      .argument('<file>', 'file of signed lists; made when it is not there'),
  )
    .requiredOption(
      '--key <file...>',
      'files with a 32-byte seed in base64: keys of the list before, and its own',
    )
    .action(async (list: string, file: string, flags: OutputFlags & { key: string[] }) => {
      await runAction(flags, async () => {
        const input = parseStrictJson(await textOf(list)) as unknown as Omit<BootList, 'type'>;
        const signers = await Promise.all(flags.key.map(async (path) => seedSigner(await seedOf(path))));
        const chain = [...(await listsOf(file)), signBootList({ type: 'BootList', ...input }, signers)];
        checkChain(chain);
        await writeFile(file, `${JSON.stringify(bootListsToJson(chain), null, 2)}\n`);
        print(flags, { file, lists: chain.length }, () => `${file} holds ${chain.length} lists`);
      });
    });

  withJson(
    boot
      .command('show')
      .description('check a file of lists from the first one that you trust, and show the newest')
      .argument('<file>', 'file of signed lists'),
  )
    .requiredOption('--network <name>', 'the network that it must be of')
    .requiredOption('--key <did:key...>', 'keys that you trust to sign the first list')
    .option('--threshold <n>', 'how many of them must have signed', '1')
    .action(
      async (file: string, flags: OutputFlags & { network: string; key: string[]; threshold: string }) => {
        await runAction(flags, async () => {
          const signers: BootSigners = { keys: flags.key, threshold: Number(flags.threshold) };
          const { list } = followBootLists(bootListsFromJson(await textOf(file)), {
            network: flags.network,
            signers,
            sequence: 1,
          });
          const inForce = isBootListInForce(list, Date.now());
          print(flags, { ...list, inForce }, () =>
            [
              `list ${list.sequence} of ${plain(list.network)}, ${inForce ? 'in force' : 'NOT in force, only'} from ${list.issuedAt} until ${list.expiresAt}`,
              ...list.nodes.map((node) => `  --join ${plain(node)}`),
            ].join('\n'),
          );
        });
      },
    );
}
