// Gossiped heads whose entries nobody could be made to serve: signed, and without the entries only a promise. They wait in
// quarantine, and are proven by the entries when these come by another way.

import type { PeerId } from '@libp2p/interface';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { parseCheckpoint } from '../../protocol/log/index.ts';
import type { Quarantine } from '../admission/quarantine.ts';
import type { LogStore } from '../log/index.ts';

const KIND = 'head';

/** Heads that wait for their entries. */
export class HeadsInWait {
  readonly #quarantine: Quarantine;
  readonly #store: LogStore;

  constructor(deps: { quarantine: Quarantine; store: LogStore }) {
    this.#quarantine = deps.quarantine;
    this.#store = deps.store;
  }

  /** Takes a head whose signature is checked. */
  async hold(origin: string, checkpoint: string, from: PeerId): Promise<void> {
    await this.#quarantine.hold({ kind: KIND, name: origin, bytes: utf8(checkpoint), from: from.toString() });
  }

  /** Lets those go whose entries are here. */
  async settle(): Promise<void> {
    await this.#quarantine.settle(KIND, ({ name, bytes }) =>
      this.#store.state(name).size >= parseCheckpoint(fromUtf8(bytes)).size ? 'proven' : 'unproven',
    );
  }
}
