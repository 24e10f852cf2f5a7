// Receipt files with their replay capsules, for tasks that this node asked for. Bounded: the oldest give way. A module that many tasks ran is
// kept once, and so is what many files have in common; both are put back into each file when it is read.

import { fromUtf8, toBase64, toHex } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { BoundedFiles } from '../storage/bounded-files.ts';
import type { Database } from '../storage/index.ts';
import { type CapsuleInputs, isPacked, packFile, partsNamedBy, unpackFile } from './packed-file.ts';
import { type Capsule, encodeReceiptFile, type ReceiptFile } from './receipt-file.ts';
import { SharedParts } from './shared-parts.ts';

/** Bytes of receipt files, without the modules. */
const FILES_BYTES_MAX: number = 256 * 1024 * 1024;
/** Bytes of the modules: eight of the largest. */
const MODULES_BYTES_MAX: number = 512 * 1024 * 1024;

/** A file of the second form: the module of its capsule is named and not there. Those of the first hold it themselves. */
interface Stored extends Omit<ReceiptFile, 'inputs'> {
  readonly inputs: Omit<Capsule, 'module'> & { readonly moduleDigest: string };
}

/** The store of receipt files. */
export class ReceiptFiles {
  readonly #files: BoundedFiles;
  readonly #modules: BoundedFiles;
  readonly #parts: SharedParts;
  /** The module that came last: tasks of one kind follow each other. */
  #last: { readonly module: Uint8Array; readonly digest: string } | undefined;

  constructor(db: Database) {
    this.#files = new BoundedFiles(db, 'receipt-files', FILES_BYTES_MAX);
    this.#modules = new BoundedFiles(db, 'receipt-modules', MODULES_BYTES_MAX);
    this.#parts = new SharedParts(db, 'receipt-parts');
  }

  /** Reads what is there. */
  async load(): Promise<void> {
    await this.#files.load();
    await this.#modules.load();
    await this.#parts.load(async () => {
      const named = new Set<string>();
      for await (const bytes of this.#files.each())
        if (isPacked(bytes)) for (const id of partsNamedBy(bytes)) named.add(id);
      return named;
    });
  }

  #digest(module: Uint8Array): string {
    if (this.#last?.module !== module) this.#last = { module, digest: toHex(sha256(module)) };
    return this.#last.digest;
  }

  /** Stores a file durably, with what its task was given. */
  async put(id: string, file: ReceiptFile, inputs: CapsuleInputs): Promise<void> {
    const moduleDigest = this.#digest(inputs.module);
    await Promise.all([
      this.#modules.put(moduleDigest, inputs.module),
      packFile(file, inputs, moduleDigest, this.#parts).then((packed) => this.#files.put(id, packed)),
    ]);
  }

  /** A file as a stranger gets it, or undefined when it is not here (any more). */
  async get(id: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#files.get(id);
    if (bytes === undefined) return undefined;
    if (isPacked(bytes)) {
      const unpacked = await unpackFile(bytes, this.#parts);
      return unpacked && (await this.#whole(unpacked.file, unpacked.inputs, unpacked.moduleDigest));
    }
    const stored = JSON.parse(fromUtf8(bytes)) as Stored | ReceiptFile;
    if (stored.inputs === undefined || !('moduleDigest' in stored.inputs)) return bytes;
    const { inputs, ...bare } = stored;
    return await this.#whole(bare, inputs, inputs.moduleDigest);
  }

  /** Without its module a task cannot be run again; its receipt stands all the same. */
  async #whole(file: ReceiptFile, inputs: Omit<Capsule, 'module'>, digest: string): Promise<Uint8Array> {
    const module = await this.#modules.get(digest);
    if (module === undefined) return encodeReceiptFile(file);
    const { manifest, stdin, files } = inputs;
    return encodeReceiptFile({ ...file, inputs: { manifest, module: toBase64(module), stdin, files } });
  }
}
