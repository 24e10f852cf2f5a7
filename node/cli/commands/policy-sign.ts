// zerostate policy key, policy sign: bundles that an organisation signs once for all its nodes. Offline: no node is asked.

import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Envelope, Signer } from '../../../protocol/envelope/index.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import { parseStrictJson } from '../../../protocol/json/index.ts';
import {
  POLICY_BUNDLE_BYTES_MAX,
  type PolicyBundle,
  policyBundlesFromText,
  policyBundlesToText,
  signPolicyBundle,
  verifyPolicyBundle,
} from '../../../protocol/policy/index.ts';
import { rfc3339 } from '../../clock/index.ts';
import { plain, print, runAction } from '../output.ts';
import { readPolicies } from '../policy-files.ts';
import { withJson } from '../shared-flags.ts';
import { writeWhole } from '../write-file.ts';

interface SignFlags {
  json?: boolean;
  key: string[];
  name?: string;
  nextKey?: string[];
  threshold?: string;
  floor?: string;
  expires?: string;
  starts?: string;
  member?: string[];
  acknowledgements?: string;
  note?: string;
}

async function signerOf(path: string): Promise<Signer> {
  const { readPolicyKey } = await import('../../policy/index.ts');
  const signer = await readPolicyKey(path);
  if (signer === undefined)
    throw new ZeroError('USAGE', `there is no file ${path}`, {
      hint: 'Make a key: zerostate policy key FILE.',
    });
  return signer;
}

/** The bundles of a file, none when it does not exist yet. */
async function chainOf(path: string): Promise<Envelope[]> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? [] : policyBundlesFromText(text);
}

/** Adds the commands that sign. */
export function registerPolicySigning(policy: Command): void {
  withJson(
    policy
      .command('key')
      .description('make a key that signs policy bundles')
      .argument('<file>', 'file for its secret seed; never overwritten'),
  ).action(async (file: string, flags: { json?: boolean }) => {
    await runAction(flags, async () => {
      const { makePolicyKey } = await import('../../policy/index.ts');
      const { keyid } = await makePolicyKey(file);
      print(flags, { file, did: keyid }, ({ did }) => `${did}\nits secret is in ${file}`);
    });
  });

  withJson(
    policy
      .command('sign')
      .description('sign policies as the next bundle of a file of bundles')
      .argument('<policies>', 'a .cedar file or a folder of them')
      .argument('<file>', 'file of signed bundles; made when it is not there'),
  )
    .requiredOption('--key <file...>', 'files of keys that sign: enough of the bundle before, and of its own')
    .option('--name <name>', 'name of the line of bundles (first bundle)')
    .option('--next-key <did...>', 'did:key of those who sign the next bundle; default: the same as now')
    .option('--threshold <n>', 'how many of them must sign')
    .option('--floor <sequence>', 'no node that takes this bundle goes back below this one')
    .option('--expires <time>', 'RFC 3339 time at which it runs out')
    .option(
      '--starts <time>',
      'RFC 3339 time at which it takes effect, once the members have acknowledged it',
    )
    .option(
      '--member <agent...>',
      'agents whose acknowledgements the bundles after this one need; default: the same as now',
    )
    .option('--acknowledgements <n>', 'how many of them must acknowledge')
    .option('--note <text>', 'why, for the history')
    .action(async (policies: string, file: string, flags: SignFlags) => {
      await runAction(flags, async () => {
        const { files } = await readPolicies(policies);
        const { readCedar } = await import('../../policy/index.ts');
        readCedar(files);
        const chain = await chainOf(file);
        const signers = await Promise.all(flags.key.map(signerOf));
        const before = chain.at(-1);
        const last =
          before === undefined
            ? undefined
            : (parseStrictJson(before.payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) as PolicyBundle);
        const keys = flags.nextKey ?? last?.signers.keys ?? signers.map(({ keyid }) => keyid);
        const bundle: PolicyBundle = {
          type: 'PolicyBundle',
          version: 1,
          name: last?.name ?? flags.name ?? 'policy',
          sequence: (last?.sequence ?? 0) + 1,
          floor: Number(flags.floor ?? last?.floor ?? 0),
          issuedAt: rfc3339(Date.now()),
          expiresAt: flags.expires ?? null,
          schema: 1,
          note: flags.note ?? null,
          policies: files,
          signers: { keys, threshold: Number(flags.threshold ?? last?.signers.threshold ?? 1) },
        };
        const agents = flags.member ?? last?.members?.agents;
        if (agents !== undefined)
          bundle.members = {
            agents: [...agents],
            threshold: Number(flags.acknowledgements ?? last?.members?.threshold ?? agents.length),
          };
        if (flags.starts !== undefined) bundle.startsAt = flags.starts;
        const envelope = signPolicyBundle(bundle, signers);
        // What no node would take is not written.
        verifyPolicyBundle(envelope, last?.signers ?? bundle.signers);
        await writeWhole(file, policyBundlesToText([...chain, envelope]));
        const { name, sequence } = bundle;
        print(flags, { file, name, sequence }, () => `"${plain(name)}" ${sequence} is in ${file}`);
      });
    });
}
