// The stage of a fleet of real processes: addresses, the file that all of them follow, and the edges of this process at their places on it.

import { AsyncLocalStorage } from 'node:async_hooks';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PolicyName } from '../../protocol/routing/index.ts';
import { randomStream } from '../../sim/random.ts';
import type { StageLink, StageSizes } from '../../sim/stage/stage.ts';
import { addressOfNode, followStage, placeSockets, type StageFile } from './stage-sockets.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'stage-process.ts')).href;

/** Which node of the stage something of this process belongs to. */
const place = new AsyncLocalStorage<number>();

/** One stage, and this process on it until it is disposed of. */
export class PolicyStage implements Disposable {
  readonly policy: PolicyName;
  readonly #path: string;
  readonly #relays: number;
  readonly #undo = new DisposableStack();
  #file: StageFile;

  constructor(
    folder: string,
    { edges, relays }: Pick<StageSizes, 'relays' | 'edges'>,
    seed: number,
    policy: PolicyName,
  ) {
    this.policy = policy;
    this.#path = join(folder, 'stage');
    this.#relays = relays;
    this.#file = { seed, relays, edges, links: {} };
    this.#write();
    const { links, network } = this.#undo.use(followStage(this.#path));
    const random = randomStream(seed, 'wire', 'edges');
    this.#undo.use(placeSockets({ network, links, here: () => place.getStore(), random }));
  }

  /** Makes the links of a relay worse; without any they are well. */
  link(relay: number, link: StageLink | undefined): void {
    const { [relay]: _, ...others } = this.#file.links;
    this.#file = { ...this.#file, links: link === undefined ? others : { ...others, [relay]: link } };
    this.#write();
  }

  /** Where a relay listens, and how its process is started. */
  relay(at: number): {
    readonly listen: string;
    readonly preload: string;
    readonly env: Record<string, string>;
  } {
    return {
      listen: `/ip4/${addressOfNode(at)}/tcp/0`,
      preload: PRELOAD,
      env: { STAGE_FILE: this.#path, STAGE_NODE: String(at), ZEROSTATE_RELAY_POLICY: this.policy },
    };
  }

  /** Does something at the place of an edge: what connects because of it does so from there. */
  atEdge<T>(edge: number, work: () => T): T {
    return place.run(this.#relays + edge, work);
  }

  #write(): void {
    // Whole or not at all: others read it meanwhile.
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#file));
    renameSync(`${this.#path}.new`, this.#path);
  }

  [Symbol.dispose](): void {
    this.#undo.dispose();
  }
}
