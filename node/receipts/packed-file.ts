// How a receipt file lies on disk: a head of JSON, and behind it what the file shows in base64, as bytes. A stretch that many files have in
// common is named by the id of a shared part. Whatever is cut where, the file comes back to the byte. Must not: check anything.

import { concatBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import type { EnvelopeJson } from '../../protocol/envelope/index.ts';
import type { Capsule, ReceiptFile } from './receipt-file.ts';
import type { SharedParts } from './shared-parts.ts';

/** The first byte of this form; the earlier ones are JSON, which begins with a brace. */
const FORM = 3;
/** Bytes before the head: the form, and the head's length. */
const START_BYTES = 5;
const KEYCHAIN = utf8('"keychain":{');
const OPENS = 0x7b;
const CLOSES = 0x7d;

/** A text in stretches: how many bytes come from behind the head, or the id of a shared part. */
type Stretches = (number | string)[];

/** What a task was given. */
export interface CapsuleInputs {
  /** The signed manifest's payload. */
  readonly manifest: Uint8Array;
  readonly module: Uint8Array;
  readonly stdin: Uint8Array;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

interface Head extends Omit<ReceiptFile, 'receipt' | 'executorCard' | 'inputs'> {
  readonly receipt: Omit<EnvelopeJson, 'payload'> & { readonly payload: string | Stretches };
  readonly executorCard: EnvelopeJson | Stretches;
  readonly inputs: {
    readonly manifest: Stretches;
    readonly stdin: Stretches;
    readonly files: Readonly<Record<string, Stretches>>;
    readonly moduleDigest: string;
  };
}

/** Where the keychain in a signed text is, by its braces: wherever else it is cut, nothing is lost. */
function keychainIn(text: Uint8Array): readonly [number, number] | undefined {
  const found = Buffer.from(text.buffer, text.byteOffset, text.length).indexOf(KEYCHAIN);
  if (found < 0) return undefined;
  const start = found + KEYCHAIN.length - 1;
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === OPENS) depth += 1;
    if (text[at] === CLOSES) depth -= 1;
    if (depth === 0) return [start, at + 1];
  }
  return undefined;
}

/** Puts a file together from its stretches. */
class Packer {
  readonly #parts: SharedParts;
  readonly bytes: Uint8Array[] = [];

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  raw(bytes: Uint8Array): Stretches {
    this.bytes.push(bytes);
    return [bytes.length];
  }

  /** A signed text, its keychain apart. */
  async signed(text: Uint8Array): Promise<Stretches> {
    const [start, end] = keychainIn(text) ?? [0, 0];
    const id = await this.#parts.keep(text.subarray(start, end));
    if (id === undefined) return this.raw(text);
    return [...this.raw(text.subarray(0, start)), id, ...this.raw(text.subarray(end))];
  }

  async payload(base64: string): Promise<string | Stretches> {
    let bytes: Uint8Array;
    try {
      bytes = fromBase64(base64);
    } catch {
      // In the other alphabet, which envelopes may have: as it is.
      return base64;
    }
    return await this.signed(bytes);
  }

  async card(card: EnvelopeJson): Promise<EnvelopeJson | Stretches> {
    const id = await this.#parts.keep(utf8(JSON.stringify(card)));
    return id === undefined ? card : [id];
  }
}

/** A file and what its task was given, as they lie on disk. The shared parts are on disk when this returns. Throws what the database throws. */
export async function packFile(
  file: ReceiptFile,
  { files, manifest, stdin }: Omit<CapsuleInputs, 'module'>,
  moduleDigest: string,
  parts: SharedParts,
): Promise<Uint8Array> {
  const packer = new Packer(parts);
  const { executorCard, receipt } = file;
  const head: Head = {
    ...file,
    receipt: { ...receipt, payload: await packer.payload(receipt.payload) },
    executorCard: await packer.card(executorCard),
    inputs: {
      manifest: await packer.signed(manifest),
      stdin: packer.raw(stdin),
      files: Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, packer.raw(bytes)])),
      moduleDigest,
    },
  };
  const text = utf8(JSON.stringify(head));
  const start = new Uint8Array(START_BYTES);
  start[0] = FORM;
  new DataView(start.buffer).setUint32(1, text.length);
  return concatBytes(start, text, ...packer.bytes);
}

/** True for what `packFile` made; the earlier forms are JSON. */
export function isPacked(bytes: Uint8Array): boolean {
  return bytes[0] === FORM;
}

function headOf(bytes: Uint8Array): { head: Head; at: number } {
  const at = START_BYTES + new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  return { head: JSON.parse(fromUtf8(bytes.subarray(START_BYTES, at))) as Head, at };
}

/** The ids of the shared parts that a packed file needs. */
export function partsNamedBy(bytes: Uint8Array): string[] {
  const { executorCard, inputs, receipt } = headOf(bytes).head;
  return [receipt.payload, executorCard, inputs.manifest]
    .flatMap((stretches) => (Array.isArray(stretches) ? stretches : []))
    .filter((stretch) => typeof stretch === 'string');
}

/** The file of a packed one, its capsule without the module; undefined when a shared part is not here. */
export async function unpackFile(
  bytes: Uint8Array,
  parts: Pick<SharedParts, 'get'>,
): Promise<{ file: ReceiptFile; inputs: Omit<Capsule, 'module'>; moduleDigest: string } | undefined> {
  const { head, ...behind } = headOf(bytes);
  const known = new Map<string, Uint8Array>();
  for (const id of partsNamedBy(bytes)) {
    const part = await parts.get(id);
    if (part === undefined) return undefined;
    known.set(id, part);
  }
  let { at } = behind;
  const stretchOf = (stretch: number | string): Uint8Array => {
    if (typeof stretch === 'string') return known.get(stretch) as Uint8Array;
    at += stretch;
    return bytes.subarray(at - stretch, at);
  };
  const join = (stretches: Stretches) => concatBytes(...stretches.map(stretchOf));
  // In the order in which they were packed.
  const payload = Array.isArray(head.receipt.payload)
    ? toBase64(join(head.receipt.payload))
    : head.receipt.payload;
  const executorCard = Array.isArray(head.executorCard)
    ? (JSON.parse(fromUtf8(join(head.executorCard))) as EnvelopeJson)
    : head.executorCard;
  const manifest = toBase64(join(head.inputs.manifest));
  const stdin = toBase64(join(head.inputs.stdin));
  const files = Object.fromEntries(
    Object.entries(head.inputs.files).map(([path, stretches]) => [path, toBase64(join(stretches))]),
  );
  const { inputs, ...bare } = head;
  return {
    file: { ...bare, receipt: { ...head.receipt, payload }, executorCard },
    inputs: { manifest, stdin, files },
    moduleDigest: inputs.moduleDigest,
  };
}
