// What a node needs from outside to find a network for the first time. The rooms above provide it (see bootstrap/); this one only calls it.

import type { Config } from '../config/index.ts';
import type { Logger } from '../logger/index.ts';

/** A place that names boot nodes. */
export interface BootSource {
  /** Multiaddrs of boot nodes, verified; the last ones known while the place cannot be read. Never throws. */
  read(): Promise<readonly string[]>;
}

/** What a profile means for a new home. */
export interface Adopted {
  readonly config: {
    readonly network: string;
    readonly join?: string[];
    readonly boot?: Config['boot'];
    readonly api?: { readonly port: number };
  };
  /** For people: what was verified. */
  readonly note: string;
}

/** First contact with a network. */
export interface FirstContact {
  /** Reads and verifies what a profile says, and keeps its boot list in the home. Throws BOOT_LIST_UNAVAILABLE, CONFIG_INVALID or what the list is refused for. */
  adopt(wish: { home: string; profile: string; bootList?: string | undefined }): Promise<Adopted>;
  /** The source that the configuration names; undefined when it names none. Throws CONFIG_INVALID. */
  source(deps: { home: string; config: Config; log: Logger }): BootSource | undefined;
}
