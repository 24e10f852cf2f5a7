// The stage of a fleet of real processes: addresses, and the file that all of them follow.

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PolicyName } from '../../protocol/routing/index.ts';
import type { StageLink, StageSizes } from '../../sim/stage/stage.ts';
import { addressOfNode, type StageFile } from './stage-sockets.ts';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'stage-process.ts')).href;

/** One stage. */
export class PolicyStage {
  readonly policy: PolicyName;
  /** The file that all follow. */
  readonly path: string;
  #file: StageFile;

  constructor(
    folder: string,
    { edges, relays }: Pick<StageSizes, 'relays' | 'edges'>,
    seed: number,
    policy: PolicyName,
  ) {
    this.policy = policy;
    this.path = join(folder, 'stage');
    this.#file = { seed, relays, edges, links: {} };
    this.#write();
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
      env: { STAGE_FILE: this.path, STAGE_NODE: String(at), ZEROSTATE_RELAY_POLICY: this.policy },
    };
  }

  #write(): void {
    // Whole or not at all: others read it meanwhile.
    writeFileSync(`${this.path}.new`, JSON.stringify(this.#file));
    renameSync(`${this.path}.new`, this.path);
  }
}
