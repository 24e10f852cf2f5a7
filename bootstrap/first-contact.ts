// First contact: turns a profile into a configuration at "zerostate init", and gives a running node the addresses of a verified boot list.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Adopted,
  type BootSource,
  type Config,
  type FirstContact,
  type Logger,
  readConfigFile,
  readRunFile,
} from '../node/cli/index.ts';
import { isZeroError, ZeroError } from '../protocol/errors/index.ts';
import type { BootTrust } from './boot-list.ts';
import { KeptList } from './kept-list.ts';
import { absolutePlace, readPlace } from './list-reader.ts';
import { type NetworkProfile, NO_TESTNET, readProfile } from './profiles.ts';

/** First contact over profiles and signed boot lists. `nowMs` tells the time. */
export function firstContact(nowMs: () => number = Date.now): FirstContact {
  return {
    async adopt({ home, profile, bootList }): Promise<Adopted> {
      if (profile === 'devnet') return await adoptDevnet(home);
      if (profile === 'testnet')
        throw new ZeroError('BOOT_LIST_UNAVAILABLE', 'there is no public testnet', { hint: NO_TESTNET });
      return await adoptProfile(home, await readProfile(profile), bootList, nowMs());
    },
    source: (deps) => sourceOf(deps, nowMs),
  };
}

async function adoptProfile(
  home: string,
  profile: NetworkProfile,
  bootList: string | undefined,
  nowMs: number,
): Promise<Adopted> {
  const place = bootList === undefined ? profile.bootList : absolutePlace(bootList);
  if (place === undefined)
    throw new ZeroError('USAGE', `the profile of ${profile.network} does not say where its boot list is`, {
      hint: 'Give the list with --boot-list FILE or URL.',
    });
  const { network, signers, sequence = 1 } = profile;
  const kept = new KeptList(home, { network, signers, sequence });
  await kept.take(await readPlace(place), nowMs);
  const boot = { list: place, signers: signers.keys, threshold: signers.threshold, sequence };
  return {
    config: { network, boot },
    note: `boot list ${kept.list?.sequence} of ${network}: ${kept.list?.nodes.length} boot nodes, signatures verified`,
  };
}

/** The devnet whose folder lies below the home or beside it: through its boot node. */
async function adoptDevnet(home: string): Promise<Adopted> {
  const places = [home, '.zerostate'].map((place) => join(place, 'devnet', 'boot-1'));
  const boot = places.find((place) => existsSync(join(place, 'config.yaml')));
  const run = boot === undefined ? undefined : await readRunFile(boot);
  if (boot === undefined || run === undefined)
    throw new ZeroError('NODE_UNREACHABLE', 'no devnet runs from this folder', {
      hint: 'Start one with "zerostate devnet" here, or give the address of a node with --network devnet --join.',
    });
  const { listen } = (await readConfigFile(join(boot, 'config.yaml'))) as Partial<Config>;
  return {
    // The devnet's own nodes have the usual port and those behind it.
    config: {
      api: { port: 0 },
      network: 'devnet',
      join: (listen ?? []).map((address) => `${address}/p2p/${run.peerId}`),
    },
    note: `joins the devnet through ${run.name}`,
  };
}

function sourceOf(
  { home, config, log }: { home: string; config: Config; log: Logger },
  nowMs: () => number,
): BootSource | undefined {
  const { list: place, signers: keys, threshold, sequence } = config.boot;
  if (place === '') return undefined;
  if (keys.length < threshold)
    throw new ZeroError('CONFIG_INVALID', 'boot.list needs boot.signers, at least boot.threshold of them', {
      hint: 'Take them from the network’s profile: zerostate init --profile FILE.',
    });
  const root: BootTrust = { network: config.network, signers: { keys, threshold }, sequence };
  const kept = new KeptList(home, root);
  let loading: Promise<void> | undefined;
  return {
    async read() {
      loading ??= kept.load();
      await loading;
      try {
        if (await kept.take(await readPlace(place), nowMs()))
          log.info({ sequence: kept.list?.sequence, nodes: kept.list?.nodes.length }, 'new boot list');
      } catch (error) {
        if (!isZeroError(error)) throw error;
        log.warn(
          { code: error.code, error: error.message, kept: kept.list?.sequence ?? null },
          'no new boot list',
        );
      }
      return kept.list?.nodes ?? [];
    },
  };
}
