// The corpus of cross-verification: what three organisations published, and what others made of it. One seed, the same corpus.

import { utf8 } from '../../protocol/bytes/index.ts';
import { randomStream } from '../../sim/random.ts';
import { ATTESTATION_DAMAGES, damagesOf, PROOF_DAMAGES } from './damage.ts';
import { type Organisation, organisations } from './organisations.ts';
import { agentStatement, buildAttestation, fileOf, logged, proofFile } from './statements.ts';

export interface Item {
  readonly organisation: string;
  readonly kind: 'receipt' | 'revocation' | 'import' | 'card' | 'attestation' | 'proof';
  readonly bytes: Uint8Array;
  /** Build keys that its reader trusts. */
  readonly keys: readonly Uint8Array[];
  /** What is wrong with it, or null. */
  readonly damage: string | null;
}

/** Of an organisation's files, one in this many comes from a build tool, and one is a log proof. */
const OTHERS_EVERY = 5;

/** A corpus of `count` files: three of five valid, every way to spoil one equally often for each kind. */
export function makeCorpus(count: number, seed: number): Item[] {
  const makers = organisations();
  const random = randomStream(seed, 'cross-verification');
  const items: Item[] = [];
  const turns = new Map<string, number>();
  const turn = (of: string): number => {
    const n = turns.get(of) ?? 0;
    turns.set(of, n + 1);
    return n;
  };
  const each = Math.ceil(count / makers.length);
  for (const by of makers) {
    const keys = [by.buildPublicKey];
    const add = (item: Omit<Item, 'organisation' | 'keys'>): unknown =>
      items.push({ organisation: by.name, keys, ...item });
    for (let n = 0; n < each; n++) {
      const spoiled = n % 5 >= 3;
      const authored = agentStatement(by, n, random);
      if (n % OTHERS_EVERY === 1) {
        logged(by, authored.envelope, random);
        add({ kind: authored.kind, bytes: fileOf(authored.envelope, n), damage: null });
      } else if (n % OTHERS_EVERY === 2 || (spoiled && n % 15 === 3)) {
        const bytes = buildAttestation(by, n, random);
        const way = ATTESTATION_DAMAGES[turn('attestation') % ATTESTATION_DAMAGES.length]!;
        add(
          spoiled
            ? { kind: 'attestation', bytes: way.spoil(bytes, random), damage: way.name }
            : { kind: 'attestation', bytes, damage: null },
        );
      } else if (spoiled) {
        const ways = damagesOf(authored.kind);
        const way = ways[turn(authored.kind) % ways.length]!;
        add({ kind: authored.kind, bytes: way.spoil(authored, random), damage: way.name });
      } else add({ kind: authored.kind, bytes: fileOf(authored.envelope, n), damage: null });
    }
    items.push(...proofs(by, keys, random));
  }
  return items;
}

function proofs(
  by: Organisation,
  keys: readonly Uint8Array[],
  random: ReturnType<typeof randomStream>,
): Item[] {
  const base = { organisation: by.name, keys, kind: 'proof' as const };
  return by.log.stored.map((_, index) => {
    const proof = proofFile(by, index);
    if (index % 2 === 0) return { ...base, bytes: utf8(proof), damage: null };
    const way = PROOF_DAMAGES[((index - 1) / 2) % PROOF_DAMAGES.length]!;
    return { ...base, bytes: utf8(way.spoil(proof, random)), damage: way.name };
  });
}
