// Finds out what kind of object a file holds, from its first bytes and members. A guess only: the checks decide.

import { fromUtf8 } from '../bytes/index.ts';
import { decodeEnvelope, type Envelope, envelopeFromJson } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { isJsonObject, type JsonObject, parseStrictJson } from '../json/index.ts';
import { EVIDENCE_KIND } from '../log/index.ts';
import { PARTNER_EVIDENCE_KIND } from '../partner/index.ts';
import { isBundle, OMISSION_KIND } from '../provenance/index.ts';
import { FOREIGN_STATEMENT_BYTES_MAX } from '../statement/index.ts';
import { RECEIPT_FILE_KIND, VERIFY_FILE_BYTES_MAX, VERIFY_FILE_DEPTH_MAX } from './limits.ts';

/** What a file turned out to be, parsed as far as its kind. */
export type Sniffed =
  | { readonly form: 'envelope'; readonly envelope: Envelope }
  | { readonly form: 'receipt-file'; readonly file: JsonObject }
  | { readonly form: 'equivocation' }
  | { readonly form: 'partner-evidence' }
  | { readonly form: 'provenance-bundle' }
  | { readonly form: 'omission' }
  | { readonly form: 'log-proof' }
  | { readonly form: 'checkpoint' };

/** CBOR map of three members: the wire form of an envelope. */
const ENVELOPE_FIRST_BYTE = 0xa3;
// Statements of other tools (an SBOM) are the largest; ours are refused above their own bounds later.
const BOUNDS = { payloadBytesMax: FOREIGN_STATEMENT_BYTES_MAX };
/** Characters of a first line that names a kind and a version. */
const FIRST_LINE_CHARS_MAX = 64;
const PROOF_START = 'c2sp.org/tlog-proof@';

/** Throws DECODE_FAILED when the file is of no known kind, LIMIT_EXCEEDED when it is too large. */
export function sniff(bytes: Uint8Array): Sniffed {
  if (bytes.length > VERIFY_FILE_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `file is larger than ${VERIFY_FILE_BYTES_MAX} bytes`);
  if (bytes[0] === ENVELOPE_FIRST_BYTE) return { form: 'envelope', envelope: decodeEnvelope(bytes, BOUNDS) };
  if (isBundle(bytes)) return { form: 'provenance-bundle' };
  refuseOtherVersion(bytes);
  const text = fromUtf8(bytes);
  if (text.startsWith(PROOF_START)) return { form: 'log-proof' };
  if (text.trimStart().startsWith('{')) return sniffJson(text);
  if (text.includes('\n\n— ')) return { form: 'checkpoint' };
  throw new ZeroError('DECODE_FAILED', 'the file is of no kind that can be verified');
}

/** What lies beside a release for people to read, and says nothing by itself: anybody can write one. */
function refuseUnsigned({ _type, bomFormat }: JsonObject): void {
  const isStatement = typeof _type === 'string' && _type.startsWith('https://in-toto.io/Statement/');
  if (!isStatement && bomFormat === undefined) return;
  const what = isStatement ? 'an in-toto statement' : 'a bill of materials';
  throw new ZeroError('DECODE_FAILED', `${what} that nobody has signed: there is nothing to verify in it`, {
    hint: 'Verify the bundle that speaks of it, with "--of" this file.',
  });
}

/** Files of ours that are not text begin with their kind and its version on a line. */
function refuseOtherVersion(bytes: Uint8Array): void {
  const start = String.fromCharCode(...bytes.subarray(0, FIRST_LINE_CHARS_MAX));
  const [, kind] = /^(zerostate-[a-z-]+\/v\d+)\n/.exec(start) ?? [];
  if (kind !== undefined)
    throw new ZeroError('DECODE_FAILED', `it says that it is a ${kind}, which this version does not know`, {
      hint: 'A newer version of the program may; "zerostate --version" says which this is.',
    });
}

function sniffJson(text: string): Sniffed {
  const value = parseStrictJson(text, { bytesMax: VERIFY_FILE_BYTES_MAX, depthMax: VERIFY_FILE_DEPTH_MAX });
  if (!isJsonObject(value))
    throw new ZeroError('DECODE_FAILED', 'the file is of no kind that can be verified');
  if (value.kind === RECEIPT_FILE_KIND) return { form: 'receipt-file', file: value };
  if (value.kind === EVIDENCE_KIND) return { form: 'equivocation' };
  if (value.kind === PARTNER_EVIDENCE_KIND) return { form: 'partner-evidence' };
  if (value.kind === OMISSION_KIND) return { form: 'omission' };
  if (value.kind !== undefined)
    throw new ZeroError('DECODE_FAILED', 'the file is of an unknown kind or version');
  refuseUnsigned(value);
  return { form: 'envelope', envelope: envelopeFromJson(value, BOUNDS) };
}
