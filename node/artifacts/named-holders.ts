// Who is said to hold a copy of an artifact of this node: what another holder recruits, the owner hears of by the challenge of a holder that it
// knows. A name is believed in nothing: the owner challenges those in its next round, and counts who answers.

import type { Directory } from '../network/directory.ts';
import type { ArtifactRecord } from './records.ts';

/** Names that wait for the next round, at most those of one challenge for each artifact here. */
export class NamedHolders {
  readonly #directory: Pick<Directory, 'get' | 'isFresh'>;
  #said = new Map<string, readonly string[]>();
  #asked = this.#said;

  constructor(directory: Pick<Directory, 'get' | 'isFresh'>) {
    this.#directory = directory;
  }

  /** A holder of an artifact of this node says who else holds it. */
  note(root: string, peers: readonly string[]): void {
    this.#said.set(root, peers);
  }

  /** A round begins: it asks those that were named until now, once. */
  begin(): void {
    this.#asked = this.#said;
    this.#said = new Map();
  }

  /** Those to challenge beside the holders of an artifact: nodes of its region that are heard, as many as there shall be copies. */
  beside({ replication, root }: ArtifactRecord): string[] {
    if (replication?.owner !== '') return [];
    const { copies, holders, region } = replication;
    const isThere = (peer: string): boolean => {
      const node = this.#directory.get(peer);
      return node !== undefined && node.region === region && this.#directory.isFresh(node);
    };
    const others = (this.#asked.get(root) ?? []).filter((peer) => !holders.includes(peer));
    return others.filter(isThere).slice(0, copies);
  }
}
