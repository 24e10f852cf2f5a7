// Receipt files with their replay capsules, for tasks that this node asked for. Bounded: the oldest give way. A module that many tasks ran is
// kept once, and put back into each file when it is read.

import { fromUtf8, toBase64, toHex, utf8 } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { BoundedFiles } from '../storage/bounded-files.ts';
import type { Database } from '../storage/index.ts';
import { type Capsule, encodeReceiptFile, type ReceiptFile } from './receipt-file.ts';

/** Bytes of receipt files, without the modules. */
const FILES_BYTES_MAX: number = 256 * 1024 * 1024;
/** Bytes of the modules: eight of the largest. */
const MODULES_BYTES_MAX: number = 512 * 1024 * 1024;

/** A file on disk: the module of its capsule is named and not there. Those of earlier versions hold it themselves. */
interface Stored extends Omit<ReceiptFile, 'inputs'> {
  readonly inputs: Omit<Capsule, 'module'> & { readonly moduleDigest: string };
}

/** What a task was given: its capsule, and the module apart. */
export interface CapsuleInputs extends Omit<Capsule, 'module'> {
  readonly module: Uint8Array;
}

/** The store of receipt files. */
export class ReceiptFiles {
  readonly #files: BoundedFiles;
  readonly #modules: BoundedFiles;
  /** The module that came last: tasks of one kind follow each other. */
  #last: { readonly module: Uint8Array; readonly digest: string } | undefined;

  constructor(db: Database) {
    this.#files = new BoundedFiles(db, 'receipt-files', FILES_BYTES_MAX);
    this.#modules = new BoundedFiles(db, 'receipt-modules', MODULES_BYTES_MAX);
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    await this.#files.load();
    await this.#modules.load();
  }

  #digest(module: Uint8Array): string {
    if (this.#last?.module !== module) this.#last = { module, digest: toHex(sha256(module)) };
    return this.#last.digest;
  }

  /** Stores a file durably, with what its task was given. */
  async put(id: string, file: ReceiptFile, { module, ...inputs }: CapsuleInputs): Promise<void> {
    const moduleDigest = this.#digest(module);
    const stored: Stored = { ...file, inputs: { ...inputs, moduleDigest } };
    await Promise.all([
      this.#modules.put(moduleDigest, module),
      this.#files.put(id, utf8(JSON.stringify(stored))),
    ]);
  }

  /** A file as a stranger gets it, or undefined when it is not here (any more). */
  async get(id: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#files.get(id);
    if (bytes === undefined) return undefined;
    const stored = JSON.parse(fromUtf8(bytes)) as Stored | ReceiptFile;
    if (stored.inputs === undefined || !('moduleDigest' in stored.inputs)) return bytes;
    const { inputs, ...bare } = stored;
    const module = await this.#modules.get(inputs.moduleDigest);
    // Without its module a task cannot be run again; its receipt stands all the same.
    if (module === undefined) return encodeReceiptFile(bare);
    const { manifest, stdin, files } = inputs;
    return encodeReceiptFile({ ...bare, inputs: { manifest, module: toBase64(module), stdin, files } });
  }
}
