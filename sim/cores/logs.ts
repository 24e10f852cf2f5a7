// The logs of a run, written by the protocol's own code: real keys, real Merkle trees, real signed heads. What all nodes hold of
// them is shared: a node remembers only the number of the version that it has.

import { type Envelope, encodeEnvelope, envelopeId } from '../../protocol/envelope/index.ts';
import {
  CompactTree,
  encodeLogEntry,
  type NoteSigner,
  noteSigner,
  originOf,
  peerIdOfKey,
  signCheckpoint,
} from '../../protocol/log/index.ts';
import type { Head, TailSource } from '../../protocol/sync/index.ts';
import type { RandomStream } from '../random.ts';
import { History } from './log-nodes.ts';

/** Number of a version: a log at one size in one history. The first ones are the empty logs, so a log's number is its empty version. */
export type VersionId = number;

export interface Version {
  readonly id: VersionId;
  readonly log: number;
  /** 0 for what everybody is shown, 1 for a second history. */
  readonly branch: number;
  readonly size: number;
  readonly head: Head;
  readonly tree: CompactTree;
  /** Number of the entry that it added, among all entries of the run; -1 for the empty log. */
  readonly entry: number;
  readonly previous: VersionId;
  /** Virtual microseconds. */
  readonly signedAt: number;
}

/** What people and traces call a version that is not empty. */
export function nameOfVersion({ branch, log, size }: Version): string {
  return `log ${log} size ${size}${branch === 0 ? '' : ' of another history'}`;
}

interface Log {
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly histories: History[];
  /** Versions by size, for each history. */
  readonly versions: VersionId[][];
}

const SEED_BYTES = 32;
const SALT_BYTES = 16;

/** All logs of a run, in the order of their origins. */
export class Logs {
  readonly #logs: Log[];
  readonly #byOrigin = new Map<string, number>();
  readonly #byText = new Map<string, VersionId>();
  readonly #versions: Version[] = [];
  readonly #random: RandomStream;
  #entries = 0;

  constructor(count: number, random: RandomStream) {
    this.#random = random;
    this.#logs = Array.from({ length: count }, () => {
      const signer = noteSigner(random.bytes(SEED_BYTES));
      const origin = originOf(peerIdOfKey(signer.publicKey));
      return { origin, signer, histories: [new History()], versions: [[]] as VersionId[][] };
    }).sort((a, b) => (a.origin < b.origin ? -1 : 1));
    for (const [log, { origin, versions }] of this.#logs.entries()) {
      this.#byOrigin.set(origin, log);
      versions[0]!.push(log);
      const head = { origin, size: 0, checkpoint: '' };
      const tree = new CompactTree();
      this.#versions.push({
        id: log,
        log,
        branch: 0,
        size: 0,
        head,
        tree,
        entry: -1,
        previous: log,
        signedAt: 0,
      });
    }
  }

  get count(): number {
    return this.#logs.length;
  }

  version(id: VersionId): Version {
    return this.#versions[id]!;
  }

  originOf(log: number): string {
    return this.#logs[log]!.origin;
  }

  logOf(origin: string): number | undefined {
    return this.#byOrigin.get(origin);
  }

  /** The version that a signed head is of; undefined when no writer of this run signed it. */
  versionOfText(checkpoint: string): Version | undefined {
    const id = this.#byText.get(checkpoint);
    return id === undefined ? undefined : this.#versions[id];
  }

  /** The version of a size in the history that another version belongs to. */
  at(of: Version, size: number): Version {
    return this.#versions[this.#logs[of.log]!.versions[of.branch]![size]!]!;
  }

  newest(log: number, branch = 0): Version {
    return this.#versions[this.#logs[log]!.versions[branch]!.at(-1)!]!;
  }

  /** The newest version of what everybody is shown that was signed by a time, in microseconds. */
  newestBefore(log: number, time: number): Version {
    let version = this.newest(log);
    while (version.size > 0 && version.signedAt > time) version = this.#versions[version.previous]!;
    return version;
  }

  /** True when `later` continues `earlier`: one history, and not shorter. */
  continues(earlier: Version, later: Version): boolean {
    return earlier.size <= later.size && this.at(later, earlier.size).id === earlier.id;
  }

  /** Begins a second history of a log at its newest size. */
  fork(log: number): void {
    const one = this.#logs[log]!;
    one.histories.push(one.histories[0]!.copy());
    one.versions.push([...one.versions[0]!]);
  }

  /** Appends a statement and signs the new head. */
  append(log: number, envelope: Envelope, now: number, branch = 0): Version {
    const { histories, origin, signer, versions } = this.#logs[log]!;
    const before = this.newest(log, branch);
    const tree = before.tree.clone();
    const salt = this.#random.bytes(SALT_BYTES);
    const record = encodeLogEntry({ statementId: envelopeId(envelope), salt });
    histories[branch]!.append(tree, { record, body: encodeEnvelope(envelope) });
    const checkpoint = signCheckpoint({ origin, size: tree.size, root: tree.root(), signer });
    const version: Version = Object.freeze({
      id: this.#versions.length,
      log,
      branch,
      size: tree.size,
      head: Object.freeze({ origin, size: tree.size, checkpoint }),
      tree,
      entry: this.#entries++,
      previous: before.id,
      signedAt: now,
    });
    this.#versions.push(version);
    versions[branch]!.push(version.id);
    this.#byText.set(checkpoint, version.id);
    return version;
  }

  /** What a node that holds this version can answer from. */
  source(version: Version): TailSource {
    const history = this.#logs[version.log]!.histories[version.branch]!;
    return {
      checkpoint: version.head.checkpoint,
      nodes: { node: async (level, index) => history.node(level, index) },
      entries: (from, to) => history.entries.slice(from, Math.min(to, version.size)),
    };
  }
}
