// The newest boot list that a node has verified, kept in its home with whom it trusts to sign the next one. So keys may be replaced while
// the node is away, an older list is never taken back, and a list that cannot be read today does no harm.

import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Envelope, envelopeFromJson, envelopeToJson } from '../protocol/envelope/index.ts';
import { ZeroError } from '../protocol/errors/index.ts';
import { type JsonValue, parseStrictJson } from '../protocol/json/index.ts';
import {
  type BootList,
  type BootSigners,
  type BootTrust,
  bootListsFromJson,
  followBootLists,
  isBootListInForce,
} from './boot-list.ts';

const FILE = 'boot-list.json';
const KIND = 'zerostate-kept-boot-list/v1';

/** What was kept: the trust now, and the list that it comes from. */
interface Kept {
  readonly trust: BootTrust;
  readonly envelope: Envelope;
  readonly list: BootList;
}

/** The kept list of one home. */
export class KeptList {
  readonly #path: string;
  readonly #root: BootTrust;
  #kept: Kept | undefined;

  /** `root`: what the profile trusts before any list was read. */
  constructor(home: string, root: BootTrust) {
    this.#path = join(home, FILE);
    this.#root = root;
  }

  /** Reads what an earlier run kept. A damaged file, or one that follows from other roots, is as good as none. */
  async load(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    try {
      const file = parseStrictJson(text) as unknown as StoredFile;
      if (file.kind !== KIND || file.root !== idOf(this.#root)) return;
      const { signers, sequence } = file.trust;
      const envelope = envelopeFromJson(file.list);
      const { list, trust } = followBootLists([envelope], { network: this.#root.network, signers, sequence });
      this.#kept = { list, trust, envelope };
    } catch {
      // The next reading of the source makes it anew.
    }
  }

  /** The newest verified list; undefined before the first. */
  get list(): BootList | undefined {
    return this.#kept?.list;
  }

  /**
   * Follows a file's lists from the newest one kept. Answers true when there was a newer one. Throws DECODE_FAILED, SIGNATURE_INVALID,
   * BOOT_LIST_EXPIRED, or STORAGE_FAILED; what was kept before stays.
   */
  async take(text: string, nowMs: number): Promise<boolean> {
    const envelopes = bootListsFromJson(text);
    const before = this.#kept?.trust ?? this.#root;
    const { list, trust } = followBootLists(envelopes, before);
    if (!isBootListInForce(list, nowMs))
      throw new ZeroError(
        'BOOT_LIST_EXPIRED',
        `boot list ${list.sequence} was in force until ${list.expiresAt}`,
      );
    if (this.#kept !== undefined && trust.sequence === before.sequence) return false;
    const envelope = envelopes.at(-1) as Envelope;
    await this.#write(trust, envelope);
    this.#kept = { list, trust, envelope };
    return true;
  }

  async #write(trust: BootTrust, envelope: Envelope): Promise<void> {
    const { signers, sequence } = trust;
    const file: StoredFile = {
      kind: KIND,
      root: idOf(this.#root),
      trust: { signers, sequence },
      list: envelopeToJson(envelope) as JsonValue,
    };
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      await using handle = await open(temporary, 'w', 0o600);
      await handle.writeFile(`${JSON.stringify(file)}\n`);
      await handle.sync();
      await rename(temporary, this.#path);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', `${this.#path} could not be written`, { cause });
    }
  }
}

interface StoredFile {
  readonly kind: string;
  readonly root: string;
  readonly trust: { readonly signers: BootSigners; readonly sequence: number };
  readonly list: JsonValue;
}

function idOf({ network, signers, sequence }: BootTrust): string {
  return JSON.stringify([network, [...signers.keys].sort(), signers.threshold, sequence]);
}
