// Vectors of DSSE envelopes.

import { fromUtf8, toBase64, utf8 } from '../../protocol/bytes/index.ts';
import {
  decodeEnvelope,
  didKeyOf,
  encodeEnvelope,
  envelopeFromJson,
  envelopeId,
  envelopeToJson,
  pae,
  publicKeyOfDidKey,
  seedSigner,
  signEnvelope,
  verifyEnvelope,
} from '../../protocol/envelope/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';
import { publicKey, seed } from '../support/agents.ts';
import { bytesOf, Cases, hex, listOf, replaced, type Suite } from './suite.ts';

const envelope = signEnvelope({
  payloadType: 'application/x-sample',
  payload: utf8('{"hello":"world"}'),
  signers: [seedSigner(seed(1)), seedSigner(seed(2))],
});
const wire = hex(encodeEnvelope(envelope));

export function paeSuite(): Suite {
  const check: Suite['check'] = ({ payloadType, payload }) =>
    fromUtf8(pae(payloadType as string, bytesOf(payload)));
  const cases = new Cases(check);
  // The vector of the DSSE protocol document.
  cases.good('DSSE protocol.md', {
    payloadType: 'http://example.com/HelloWorld',
    payload: hex(utf8('hello world')),
  });
  cases.good('empty payload', { payloadType: 'application/x-sample', payload: '' });
  cases.good('lengths are of bytes', { payloadType: 'application/x-sample', payload: hex(utf8('é€')) });
  return {
    name: 'envelope-pae',
    what: 'The bytes that an envelope signs (DSSE pre-authentication encoding).',
    input: { payloadType: 'text', payload: 'hexadecimal' },
    output: 'the encoding, as text (payloads here are UTF-8)',
    check,
    cases: cases.list,
  };
}

export function envelopeSuite(): Suite {
  const check: Suite['check'] = ({ wire: bytes, keys, threshold }) => {
    const verified = verifyEnvelope(decodeEnvelope(bytesOf(bytes)), {
      keys: listOf(keys),
      threshold: threshold as number,
    });
    return { id: envelopeId(verified), payloadType: verified.payloadType, payload: hex(verified.payload) };
  };
  const cases = new Cases(check);
  const [one, two, three] = [1, 2, 3].map((n) => hex(publicKey(n))) as [string, string, string];
  const good = { wire, keys: [one], threshold: 1 };
  cases.good('one of two signatures is by the key', good);
  cases.good('two keys, both needed', { wire, keys: [two, one], threshold: 2 });
  cases.good('one of three keys is needed', { wire, keys: [three, two, one], threshold: 1 });
  const bad = (
    name: string,
    code: 'SIGNATURE_INVALID' | 'DECODE_FAILED' | 'LIMIT_EXCEEDED',
    change: JsonObject,
  ): unknown => cases.bad(name, code, { ...good, ...change });
  bad('signed by another key', 'SIGNATURE_INVALID', { keys: [three] });
  bad('one key given twice is one key', 'SIGNATURE_INVALID', { keys: [one, one], threshold: 2 });
  bad('a threshold not met', 'SIGNATURE_INVALID', { keys: [one, three], threshold: 2 });
  bad('payload changed', 'SIGNATURE_INVALID', {
    wire: replaced(wire, hex(utf8('world')), hex(utf8('World'))),
  });
  bad('payload type changed', 'SIGNATURE_INVALID', {
    wire: replaced(wire, hex(utf8('x-sample')), hex(utf8('y-sample'))),
  });
  bad('signature changed', 'SIGNATURE_INVALID', {
    wire: replaced(wire, hex(envelope.signatures[0]!.sig), hex(envelope.signatures[1]!.sig)),
  });
  bad('bytes follow', 'DECODE_FAILED', { wire: `${wire}00` });
  bad('cut off', 'DECODE_FAILED', { wire: wire.slice(0, -2) });
  bad('a map of two', 'DECODE_FAILED', { wire: replaced(wire, /^a3/, 'a2') });
  bad('a map without length', 'DECODE_FAILED', { wire: replaced(wire, /^a3/, 'bf') });
  bad('keys in another order', 'DECODE_FAILED', {
    wire: replaced(wire, '677061796c6f6164', '677061796c6f6165'),
  });
  bad('a length that is not in its shortest form', 'DECODE_FAILED', {
    wire: replaced(wire, '677061796c6f616451', '677061796c6f61645811'),
  });
  bad('no signatures', 'DECODE_FAILED', { wire: hex(withoutSignatures()) });
  bad('a payload of four gigabytes is announced', 'LIMIT_EXCEEDED', {
    wire: replaced(wire, '677061796c6f616451', '677061796c6f61645affffffff'),
  });
  return {
    name: 'envelope',
    what: 'An envelope in its wire form (DAG-CBOR) is verified under trusted keys.',
    input: {
      wire: 'hexadecimal',
      keys: 'trusted Ed25519 keys',
      threshold: 'how many different keys must have signed',
    },
    output: 'id (CIDv1 raw sha2-256 of the PAE, base32), payloadType, payload',
    check,
    cases: cases.list,
  };
}

function withoutSignatures(): Uint8Array {
  const bytes = encodeEnvelope({ ...envelope, signatures: [envelope.signatures[0]!] });
  const text = hex(bytes);
  const start = text.indexOf(hex(utf8('signatures'))) + 20;
  const end = text.indexOf(`6b${hex(utf8('payloadType'))}`);
  return bytesOf(`${text.slice(0, start)}80${text.slice(end)}`);
}

export function envelopeJsonSuite(): Suite {
  const check: Suite['check'] = ({ envelope: value }) =>
    hex(encodeEnvelope(envelopeFromJson(value as JsonObject)));
  const cases = new Cases(check);
  const good = envelopeToJson(envelope) as JsonObject & { signatures: JsonObject[] };
  const sig = good.signatures[0]!.sig as string;
  cases.good('standard base64', { envelope: good });
  const urlSafe = (text: string): string =>
    text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  cases.good('URL-safe base64 without padding', {
    envelope: {
      ...good,
      signatures: good.signatures.map((each) => ({ ...each, sig: urlSafe(each.sig as string) })),
    },
  });
  cases.good('a member that DSSE does not know is ignored', { envelope: { ...good, more: 1 } });
  cases.good('without a key id', { envelope: { ...good, signatures: [{ sig }] } });
  const bad = (name: string, change: JsonObject): unknown =>
    cases.bad(name, 'DECODE_FAILED', { envelope: { ...good, ...change } });
  bad('no payload', { payload: null });
  bad('payload is not base64', { payload: 'a' });
  bad('base64 with spare bits', { payload: 'aGVsbG9=' });
  bad('base64 with white space', { payload: 'aGVs bG8=' });
  bad('payload type is not a media type', { payloadType: 'a b' });
  bad('payload type is empty', { payloadType: '' });
  bad('signatures is not an array', { signatures: { 0: good.signatures[0]! } });
  bad('no signatures', { signatures: [] });
  bad('an empty signature', { signatures: [{ keyid: '', sig: '' }] });
  bad('a key id that is a number', { signatures: [{ keyid: 1, sig }] });
  cases.bad('seventeen signatures', 'LIMIT_EXCEEDED', {
    envelope: { ...good, signatures: Array.from({ length: 17 }, () => ({ sig })) },
  });
  cases.bad('a signature of 5,121 bytes', 'LIMIT_EXCEEDED', {
    envelope: { ...good, signatures: [{ sig: toBase64(new Uint8Array(5_121)) }] },
  });
  return {
    name: 'envelope-json',
    what: 'The JSON form of an envelope (DSSE) is read.',
    input: { envelope: 'the JSON value' },
    output: 'the wire form, hexadecimal',
    check,
    cases: cases.list,
  };
}

export function didKeySuite(): Suite {
  const check: Suite['check'] = ({ did }) => hex(publicKeyOfDidKey(did as string));
  const cases = new Cases(check);
  const did = didKeyOf(publicKey(1));
  cases.good('an Ed25519 key', { did });
  cases.good('the example of the did:key method', {
    did: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
  });
  for (const [name, value] of Object.entries({
    empty: '',
    'without its method': did.slice(8),
    'one character more': `${did}1`,
    'one character less': did.slice(0, -1),
    'a letter outside base58': replaced(did, /.$/, '0'),
    'an X25519 key': 'did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc',
    'another method': replaced(did, 'did:key', 'did:web'),
    'an upper-case method': replaced(did, 'did:key', 'DID:key'),
    'a key of small order': 'did:key:z6MkeTG3bFFSLYVU7VqhgZxqr6YzpaGrQtFMh1uvqGy1vDnP',
  })) {
    cases.bad(name, 'KEY_INVALID', { did: value });
  }
  return {
    name: 'did-key',
    what: 'A did:key names an Ed25519 key.',
    input: { did: 'text' },
    output: 'the 32-byte key, hexadecimal',
    check,
    cases: cases.list,
  };
}
