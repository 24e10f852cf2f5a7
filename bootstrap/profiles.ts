// Networks that this program knows: what a node needs to trust before its first contact. Data only; a network of one's own needs no
// profile, just addresses to join through.

import type { BootTrust } from './boot-list.ts';

/** A known network. */
export interface NetworkProfile {
  readonly network: string;
  readonly description: string;
  /** Who signs its boot lists; null where addresses are given by hand. */
  readonly trust: BootTrust | null;
  /** Multiaddrs of boot nodes to begin with. */
  readonly join: readonly string[];
}

/** Profiles by network name. */
export const PROFILES: Readonly<Record<string, NetworkProfile>> = {
  devnet: {
    network: 'devnet',
    description:
      'A whole network on one machine, made by "zerostate devnet"; its addresses are made with it.',
    trust: null,
    join: [],
  },
  testnet: {
    network: 'testnet',
    description:
      'A public network for trials. It has no boot nodes yet: join through an address you were given.',
    trust: null,
    join: [],
  },
};
