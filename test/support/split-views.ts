// Logs that show their readers two histories, and partners who gossip full signed heads: the product's own messages and verdicts, round
// after round, without a network. In a round each partner tells some others its head, and the evidence it has.

import { utf8 } from '../../protocol/bytes/index.ts';
import {
  decodeEquivocation,
  encodeEquivocation,
  findEquivocation,
  leafHash,
  type NoteSigner,
  noteSigner,
  originOf,
  peerIdOfKey,
  signCheckpoint,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import {
  answerConsistency,
  answerHeads,
  consistencyRequest,
  decodeSyncMessage,
  encodeSyncMessage,
  headsRequests,
  judgeConsistency,
  planSync,
} from '../../protocol/sync/index.ts';
import type { RandomStream } from '../../sim/random.ts';
import { MemoryTree } from './merkle.ts';

export interface SplitOptions {
  readonly random: RandomStream;
  readonly partners: number;
  /** Partners that each one talks to in a round. */
  readonly fanout: number;
  /** Entries of a history, at most. */
  readonly entries: number;
  readonly roundsMax: number;
}

export interface SplitOutcome {
  /** Round in which the first partner had evidence, and in which all had; 0 when that did not come. */
  readonly found: number;
  readonly spread: number;
  /** The evidence as a file. */
  readonly evidence: Uint8Array;
  /** Partners that were shown the second history. */
  readonly shown: number;
}

interface Partner {
  readonly branch: MemoryTree;
  size: number;
  evidence: Uint8Array | undefined;
}

/** One log that forks, told of until everybody knows. */
export async function splitView(options: SplitOptions): Promise<SplitOutcome> {
  return await new SplitView(options).run();
}

class SplitView {
  readonly #options: SplitOptions;
  readonly #signer: NoteSigner;
  readonly #origin: string;
  readonly #partners: Partner[];
  readonly #shown: number;
  readonly #signed = new Map<string, string>();
  readonly #branches: readonly [MemoryTree, MemoryTree];

  constructor(options: SplitOptions) {
    this.#options = options;
    const { entries, partners, random } = options;
    this.#signer = noteSigner(Uint8Array.from({ length: 32 }, () => random.below(256)));
    this.#origin = originOf(peerIdOfKey(this.#signer.publicKey));
    const forkAt = random.below(entries - 1);
    const sizes = [0, 0].map(() => forkAt + 1 + random.below(entries - forkAt));
    const [one, other] = sizes.map((size, branch) => {
      const leaves = Array.from({ length: size }, (_, i) =>
        leafHash(utf8(i < forkAt ? `entry ${i}` : `entry ${i} of history ${branch}`)),
      );
      return new MemoryTree(leaves);
    });
    this.#branches = [one!, other!];
    this.#shown = 1 + random.below(partners - 1);
    this.#partners = Array.from({ length: partners }, (_, i) => {
      const branch = this.#branches[i < this.#shown ? 1 : 0];
      const full = branch.tree.size;
      // Some are behind; of each history at least one reader is beyond where they part.
      const size = i === 0 || i === partners - 1 ? full : 1 + random.below(full);
      return { branch, size, evidence: undefined };
    });
  }

  async run(): Promise<SplitOutcome> {
    const { fanout, random, roundsMax } = this.#options;
    let found = 0;
    for (let round = 1; round <= roundsMax; round++) {
      // What is learnt in a round is told in the next one: everybody speaks at once.
      const told = this.#partners.map(({ evidence }) => evidence);
      for (const [i, partner] of this.#partners.entries())
        for (let n = 0; n < fanout; n++) {
          const other =
            this.#partners[(i + 1 + random.below(this.#partners.length - 1)) % this.#partners.length]!;
          if (told[i] === undefined) await this.#exchange(partner, other);
          else other.evidence ??= checked(told[i]);
        }
      if (found === 0 && this.#partners.some(({ evidence }) => evidence !== undefined)) found = round;
      if (this.#partners.every(({ evidence }) => evidence !== undefined)) return this.#outcome(found, round);
    }
    return this.#outcome(found, 0);
  }

  #outcome(found: number, spread: number): SplitOutcome {
    const evidence = this.#partners.find((partner) => partner.evidence !== undefined)?.evidence;
    return { found, spread, evidence: evidence ?? new Uint8Array(), shown: this.#shown };
  }

  /** What the log signed for this partner. */
  #headOf({ branch, size }: Partner): string {
    const key = `${this.#branches.indexOf(branch)} ${size}`;
    const known =
      this.#signed.get(key) ??
      signCheckpoint({ origin: this.#origin, size, root: branch.roots[size]!, signer: this.#signer });
    this.#signed.set(key, known);
    return known;
  }

  #held(partner: Partner) {
    const checkpoint = this.#headOf(partner);
    return new Map([[this.#origin, { origin: this.#origin, size: partner.size, checkpoint }]]);
  }

  /** Compares heads both ways, as two nodes do in a round. */
  async #exchange(asker: Partner, asked: Partner): Promise<void> {
    const [request] = headsRequests(this.#held(asker));
    const sent = decodeSyncMessage(encodeSyncMessage(request!), ['heads-request']);
    const answer = encodeSyncMessage(answerHeads(this.#held(asked), sent));
    const { heads } = decodeSyncMessage(answer, ['heads-response']);
    await this.#follow(asker, asked, heads);
    await this.#follow(asked, asker, sent.heads);
  }

  async #follow(partner: Partner, other: Partner, heads: readonly string[]): Promise<void> {
    const plan = planSync(this.#held(partner), heads);
    for (const { mine, theirs } of plan.forks)
      this.#convict(
        partner,
        encodeEquivocation(verifyEquivocation({ first: mine, second: theirs.text, proof: [] })),
      );
    const nodes = { node: async (level: number, index: number) => partner.branch.node(level, index) };
    const own = verifyNodeCheckpoint(this.#headOf(partner), this.#origin);
    for (const head of plan.behind) {
      const finding = await findEquivocation(head, own, nodes);
      if (finding !== null) this.#convict(partner, encodeEquivocation(finding));
    }
    for (const { checkpoint } of plan.fetch) {
      const request = consistencyRequest(own, checkpoint.size);
      const source = { node: async (level: number, index: number) => other.branch.node(level, index) };
      const bytes = await answerConsistency(request, { checkpoint: checkpoint.text, nodes: source });
      const finding = judgeConsistency(own, decodeSyncMessage(bytes, ['consistency-response']));
      if (finding !== null) this.#convict(partner, encodeEquivocation(finding));
      else if (partner.branch === other.branch) partner.size = Math.max(partner.size, checkpoint.size);
    }
  }

  #convict(partner: Partner, evidence: Uint8Array): void {
    partner.evidence ??= checked(evidence);
  }
}

/** Nobody takes evidence on somebody's word. */
function checked(evidence: Uint8Array): Uint8Array {
  verifyEquivocation(decodeEquivocation(evidence));
  return evidence;
}
