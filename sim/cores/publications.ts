// What is published over gossip, once for all nodes, and the protocol's verdict on each, once for all nodes that hold the same:
// verdicts are remembered by what was signed. Spoilt copies are judged by the same code.

import { isZeroError } from '../../protocol/errors/index.ts';
import { decodeEquivocation, verifyEquivocation } from '../../protocol/log/index.ts';
import {
  CREDIT_BYTES_DEFAULT,
  type TailResponse,
  tailRequest,
  verifyTail,
} from '../../protocol/sync/index.ts';
import type { Logs, Version, VersionId } from './logs.ts';
import type { PublicationId } from './message.ts';
import type { Spoilt } from './role.ts';

export interface Publication {
  readonly id: PublicationId;
  readonly kind: 'tail' | 'evidence';
  readonly log: number;
  /** The version that it continues, and the one that it leads to; both -1 for evidence. */
  readonly from: VersionId;
  readonly to: VersionId;
  readonly response: TailResponse | null;
  readonly evidence: Uint8Array | null;
  /** What an adversary spoilt; null for what a writer or finder made. */
  readonly spoilt: Spoilt | null;
  readonly bytes: number;
}

/** The outcome of the real check: 'accept', or the code of the error. */
export type Outcome = string;

const FRAME_BYTES = 96;

/** The publications of a run, bounded from the start. */
export class Publications {
  readonly capacity: number;
  readonly #all: Publication[] = [];
  readonly #verdicts: Outcome[] = [];
  readonly #made = new Map<string, PublicationId>();
  readonly #logs: Logs;

  constructor(capacity: number, logs: Logs) {
    this.capacity = capacity;
    this.#logs = logs;
  }

  get count(): number {
    return this.#all.length;
  }

  get(id: PublicationId): Publication {
    return this.#all[id]!;
  }

  /** A new version with what is new under it. */
  tail(version: Version, response: TailResponse): Publication {
    const entry = response.entries[0];
    const bytes =
      FRAME_BYTES + response.checkpoint.length + (entry?.body?.length ?? 0) + (entry === undefined ? 0 : 16);
    const { id, log, previous } = version;
    return this.#add({
      kind: 'tail',
      log,
      from: previous,
      to: id,
      response,
      evidence: null,
      spoilt: null,
      bytes,
    })!;
  }

  /** Evidence against a log, the same one for the same bytes; undefined when there is no more room. */
  evidence(log: number, evidence: Uint8Array): Publication | undefined {
    return this.#once(`${log} ${Buffer.from(evidence).toString('base64')}`, () =>
      this.#add({
        kind: 'evidence',
        log,
        from: -1,
        to: -1,
        response: null,
        evidence,
        spoilt: null,
        bytes: FRAME_BYTES + evidence.length,
      }),
    );
  }

  /** A spoilt copy; the original when there is no more room or it cannot be spoilt so. */
  spoil(id: PublicationId, part: Spoilt): PublicationId {
    const original = this.#all[id]!;
    const { response } = original;
    if (response === null || original.spoilt !== null) return id;
    const spoilt = this.#once(`${id} ${part}`, () =>
      this.#add({ ...original, response: spoiltResponse(response, part), spoilt: part }),
    );
    return spoilt?.id ?? id;
  }

  /** What the protocol says of it at a node that holds what it continues. Real checks, made once. */
  verdict(publication: Publication): Outcome {
    const { id } = publication;
    const known = this.#verdicts[id];
    if (known !== undefined) return known;
    const verdict = this.#judge(publication);
    this.#verdicts[id] = verdict;
    return verdict;
  }

  #judge({ evidence, from, response, to }: Publication): Outcome {
    try {
      if (evidence !== null) verifyEquivocation(decodeEquivocation(evidence));
      if (response === null) return 'accept';
      const before = this.#logs.version(from);
      const { size } = this.#logs.version(to);
      const { origin } = before.head;
      const request = tailRequest({ origin, from: before.size, to: size }, CREDIT_BYTES_DEFAULT);
      verifyTail({ request, response, tree: before.tree });
      return 'accept';
    } catch (error) {
      if (!isZeroError(error)) throw error;
      return error.code;
    }
  }

  #once(key: string, make: () => Publication | undefined): Publication | undefined {
    const known = this.#made.get(key);
    if (known !== undefined) return this.#all[known];
    const made = make();
    if (made !== undefined) this.#made.set(key, made.id);
    return made;
  }

  #add(parts: Omit<Publication, 'id'>): Publication | undefined {
    if (this.#all.length >= this.capacity) return undefined;
    const publication = Object.freeze({ ...parts, id: this.#all.length });
    this.#all.push(publication);
    return publication;
  }
}

function spoiltResponse(response: TailResponse, part: Spoilt): TailResponse {
  if (part === 'signature') return { ...response, checkpoint: turned(response.checkpoint) };
  if (part === 'proof') return { ...response, proof: [...response.proof, new Uint8Array(32)] };
  const entries = response.entries.map((entry) =>
    entry.body === null ? entry : { ...entry, salt: entry.salt.map((byte) => byte ^ 0xff) },
  );
  return { ...response, entries };
}

/** A note whose last signature has one digit changed, well inside the signature. */
function turned(checkpoint: string): string {
  const at = checkpoint.length - 20;
  return `${checkpoint.slice(0, at)}${checkpoint[at] === 'A' ? 'B' : 'A'}${checkpoint.slice(at + 1)}`;
}
