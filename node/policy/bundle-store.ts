// Bundles on disk: the line that the node follows, the bundles it has taken, and each switch. One durable batch is one switch, so a crash leaves
// the old policy or the new one.

import {
  type Envelope,
  type EnvelopeJson,
  envelopeFromJson,
  envelopeToJson,
} from '../../protocol/envelope/index.ts';
import type { JsonValue } from '../../protocol/json/index.ts';
import type { PolicyLine } from '../../protocol/policy/index.ts';
import { type Database, DURABLE, type JsonLevel, jsonLevel, orderedKey } from '../storage/index.ts';
import { BUNDLES_KEPT, HISTORY_KEPT } from './limits.ts';

/** A bundle that was taken. */
export interface KeptBundle {
  readonly id: string;
  readonly name: string;
  readonly sequence: number;
  readonly issuedAt: string;
  readonly expiresAt: string | null;
  readonly note: string | null;
  /** ms since 1970. */
  readonly takenAt: number;
}

/** One switch. */
export interface PolicySwitch {
  /** ms since 1970. */
  readonly at: number;
  /** `stage`: `to` waits for its start; `begin`: that has come. `start`: the node started with another than was in force. */
  readonly action: 'apply' | 'rollback' | 'stage' | 'begin' | 'start';
  /** Sequence of the bundle in force before and after; 0: the built-in policies. */
  readonly from: number;
  readonly to: number;
  /** Id of the bundle in force after it; null: the built-in policies. */
  readonly id: string | null;
  readonly reason: string;
}

interface StoredLine {
  readonly line: PolicyLine;
  /** The signers that the configuration named when the line began: others begin another line. */
  readonly root: string;
}

type StoredBundle = KeptBundle & { readonly envelope: EnvelopeJson };

/** The store. */
export class BundleStore {
  readonly #level: JsonLevel<unknown>;
  readonly #bundles = new Map<string, StoredBundle>();
  #switches: PolicySwitch[] = [];
  #next = 0;

  constructor(db: Database) {
    this.#level = jsonLevel(db, 'policy');
  }

  /** Reads all of it; answers the line, when there is one that began at `root`. */
  async load(root: string): Promise<PolicyLine | undefined> {
    const line = (await this.#level.get('line')) as StoredLine | undefined;
    for await (const [, value] of this.#level.iterator({ gt: 'bundle/', lt: 'bundle0' })) {
      const bundle = value as StoredBundle;
      this.#bundles.set(bundle.id, bundle);
    }
    for await (const [key, value] of this.#level.iterator({ gt: 'switch/', lt: 'switch0' })) {
      this.#switches.push(value as PolicySwitch);
      this.#next = Number.parseInt(key.slice('switch/'.length), 16) + 1;
    }
    return line === undefined ? undefined : line.root === root ? line.line : newRoot(line.line);
  }

  /** Every bundle kept, newest first. */
  list(): KeptBundle[] {
    return [...this.#bundles.values()].map(({ envelope: _, ...kept }) => kept).sort(newestFirst);
  }

  get(id: string): KeptBundle | undefined {
    return this.#bundles.get(id);
  }

  /** The signed form of a bundle that is kept. */
  envelope(id: string): Envelope | undefined {
    const found = this.#bundles.get(id);
    return found === undefined ? undefined : envelopeFromJson(found.envelope as unknown as JsonValue);
  }

  /** Newest first. */
  switches(limit: number): PolicySwitch[] {
    return this.#switches.slice(-limit).reverse();
  }

  /** Sequence of what was in force last, as far as it is written. */
  inForce(): number {
    return this.#switches.findLast(({ action }) => action !== 'stage')?.to ?? 0;
  }

  /** Writes that something else is in force although the line has not moved; resolves when it is on disk. */
  async record(step: PolicySwitch): Promise<void> {
    await this.#level.batch(this.#stepped(step), DURABLE as never);
    this.#took(step);
  }

  /** A step, and the end of the oldest. */
  #stepped(step: PolicySwitch) {
    const oldest = this.#next - HISTORY_KEPT;
    return [
      put(`switch/${orderedKey(this.#next)}`, step),
      ...(oldest < 0 ? [] : [del(`switch/${orderedKey(oldest)}`)]),
    ];
  }

  #took(step: PolicySwitch): void {
    this.#next += 1;
    this.#switches = [...this.#switches.slice(1 - HISTORY_KEPT), step];
  }

  /** Writes a switch with all that belongs to it; resolves when it is on disk. */
  async commit(change: {
    line: PolicyLine;
    root: string;
    step: PolicySwitch;
    /** Id of the bundle in force until now: it is kept, to go back to. */
    before: string;
    bundles: readonly { kept: KeptBundle; envelope: Envelope }[];
  }): Promise<void> {
    const { before, bundles, line, root, step } = change;
    const added = bundles.map(({ kept, envelope }) => ({ ...kept, envelope: envelopeToJson(envelope) }));
    const all = new Map(this.#bundles);
    for (const one of added) all.set(one.id, one);
    const needed = new Set([line.active, line.newest?.id, line.staged?.id, before]);
    const outdated = [...all.values()]
      .sort(newestFirst)
      .slice(BUNDLES_KEPT)
      .filter(({ id }) => !needed.has(id));
    await this.#level.batch(
      [
        put('line', { line, root }),
        ...this.#stepped(step),
        ...added.map((value) => put(`bundle/${value.id}`, value)),
        ...outdated.map(({ id }) => del(`bundle/${id}`)),
      ],
      DURABLE as never,
    );
    for (const one of added) this.#bundles.set(one.id, one);
    for (const { id } of outdated) this.#bundles.delete(id);
    this.#took(step);
  }
}

const put = (key: string, value: unknown) => ({ type: 'put' as const, key, value });
const del = (key: string) => ({ type: 'del' as const, key });

/** Under other signers another line begins: what is in force stays, and nothing that the old ones have announced. */
function newRoot(line: PolicyLine): PolicyLine {
  return { ...line, newest: null, staged: null, members: null };
}

function newestFirst(a: KeptBundle, b: KeptBundle): number {
  return b.takenAt - a.takenAt || b.sequence - a.sequence;
}
