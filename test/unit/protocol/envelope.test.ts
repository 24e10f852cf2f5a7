// DSSE envelopes: PAE, signatures, ids, wire and JSON forms, and what each decoder refuses.

import assert from 'node:assert/strict';
import * as dagCbor from '@ipld/dag-cbor';
import { p256 } from '@noble/curves/nist.js';
import { base32 } from 'multiformats/bases/base32';
import { CID } from 'multiformats/cid';
import * as digest from 'multiformats/hashes/digest';
import { fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { publicKeyOfSeed, sha256 } from '../../../protocol/crypto/index.ts';
import * as env from '../../../protocol/envelope/index.ts';

const seedA = new Uint8Array(32).fill(1);
const seedB = new Uint8Array(32).fill(2);
const keyA = publicKeyOfSeed(seedA);
const keyB = publicKeyOfSeed(seedB);
const payloadType = 'http://example.com/HelloWorld';
const payload = utf8('hello world');
const signed = env.signEnvelope({
  payloadType,
  payload,
  signers: [env.seedSigner(seedA), env.seedSigner(seedB)],
});
const refused = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

describe('protocol/envelope', () => {
  it('encodes PAE as in the DSSE specification, with byte lengths', () => {
    assert.equal(
      fromUtf8(env.pae(payloadType, payload)),
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    );
    assert.equal(fromUtf8(env.pae('é', utf8('€'))), 'DSSEv1 2 é 3 €');
  });

  it("verifies the example of DSSE's specification (ECDSA P-256), and its DER form", () => {
    const x = '67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238';
    const y = '0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74';
    const key = fromHex(`04${x}${y}`);
    const sig = 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==';
    const example = env.envelopeFromJson({ payload: 'aGVsbG8gd29ybGQ=', payloadType, signatures: [{ sig }] });
    env.verifyEnvelope(example, { keys: [key] });
    assert.match(env.trustedSigners(example, [keyA, key])[0]!.keyid, /^did:key:zDn/);
    const der = p256.Signature.fromBytes(fromBase64(sig)).toBytes('der');
    env.verifyEnvelope({ ...example, signatures: [{ keyid: '', sig: der }] }, { keys: [key] });
    assert.throws(
      () => env.verifyEnvelope({ ...example, payload: utf8('hello world!') }, { keys: [key] }),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(
      () =>
        env.verifyExactly({ ...example, signatures: [{ keyid: env.didKeyOfP256(key), sig: der }] }, [key]),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(() => env.verifyEnvelope(example, { keys: [key.with(64, 0)] }), refused('KEY_INVALID'));
  });

  it('names keys as did:key, and reads only those of Ed25519', () => {
    // did:key specification, Ed25519 example.
    const known = 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp';
    assert.equal(env.didKeyOf(env.publicKeyOfDidKey(known)), known);
    const smallOrder = fromHex('0100000000000000000000000000000000000000000000000000000000000000');
    assert.throws(() => env.didKeyOf(smallOrder), refused('KEY_INVALID'));
    for (const bad of [
      '',
      'did:key:',
      `${known}1`,
      known.replace('z6Mk', 'z6LS'),
      known.replace('did:key:', 'did:web:'),
      `${known.slice(0, -1)}0`,
    ]) {
      assert.throws(() => env.publicKeyOfDidKey(bad), refused('KEY_INVALID'));
    }
  });

  it('has the id that multiformats gives', () => {
    const hash = sha256(env.pae(payloadType, payload));
    const id = CID.createV1(0x55, digest.create(0x12, hash)).toString(base32);
    assert.equal(env.envelopeId(signed), id);
    assert.deepEqual(env.digestOfContentId(id), hash);
    for (const bad of [
      id.toUpperCase(),
      `${id}a`,
      id.slice(0, -1),
      `${id.slice(0, -1)}b`,
      `z${id.slice(1)}`,
    ]) {
      assert.equal(env.isContentId(bad), false);
      assert.throws(() => env.digestOfContentId(bad), refused('DECODE_FAILED'));
    }
  });

  it('verifies by threshold over different keys, whatever the key ids say', () => {
    const nameless = { ...signed, signatures: signed.signatures.map(({ sig }) => ({ keyid: 'x', sig })) };
    assert.equal(env.verifyEnvelope(nameless, { keys: [keyB] }), nameless);
    env.verifyEnvelope(signed, { keys: [keyA, keyB], threshold: 2 });
    assert.throws(
      () => env.verifyEnvelope(signed, { keys: [keyA, keyA], threshold: 2 }),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(
      () => env.verifyEnvelope(signed, { keys: [publicKeyOfSeed(new Uint8Array(32))] }),
      refused('SIGNATURE_INVALID'),
    );
    assert.throws(() => env.verifyEnvelope(signed, { keys: [] }), refused('SIGNATURE_INVALID'));
    for (const threshold of [0, -1, 1.5, Number.NaN])
      assert.throws(
        () => env.verifyEnvelope(signed, { keys: [keyA], threshold }),
        refused('SIGNATURE_INVALID'),
      );
    assert.throws(
      () => env.verifyEnvelope({ ...signed, payloadType: 'x' }, { keys: [keyA] }),
      refused('SIGNATURE_INVALID'),
    );
  });

  it('verifies exactly: no missing, added, renamed or reordered signature', () => {
    env.verifyExactly(signed, [keyA, keyB]);
    assert.throws(() => env.verifyExactly(signed, [keyA]), refused('SIGNATURE_INVALID'));
    assert.throws(() => env.verifyExactly(signed, [keyB, keyA]), refused('SIGNATURE_INVALID'));
    const renamed = {
      ...signed,
      signatures: [{ ...signed.signatures[0]!, keyid: '' }, signed.signatures[1]!],
    };
    assert.throws(() => env.verifyExactly(renamed, [keyA, keyB]), refused('SIGNATURE_INVALID'));
  });

  it('refuses a signature of the neutral key over anything', () => {
    const forged = {
      payloadType,
      payload,
      signatures: [{ keyid: '', sig: new Uint8Array(64).fill(1, 0, 1) }],
    };
    const neutral = new Uint8Array(32).fill(1, 0, 1);
    assert.throws(() => env.verifyEnvelope(forged, { keys: [neutral] }), refused('KEY_INVALID'));
  });

  it('writes and reads the DAG-CBOR that @ipld/dag-cbor writes and reads', () => {
    for (const size of [0, 23, 24, 255, 256, 65_535, 65_536]) {
      const one = env.signEnvelope({
        payloadType,
        payload: new Uint8Array(size).fill(7),
        signers: [env.seedSigner(seedA)],
      });
      const bytes = env.encodeEnvelope(one);
      assert.equal(toHex(bytes), toHex(dagCbor.encode(one)));
      assert.deepEqual(env.decodeEnvelope(bytes), one);
      assert.deepEqual(dagCbor.decode(bytes), one);
    }
  });

  it('reads both base64 alphabets in JSON and ignores unknown members', () => {
    const one = env.signEnvelope({
      payloadType,
      payload: fromHex('fbefbefbff'),
      signers: [env.seedSigner(seedA)],
    });
    const json = env.envelopeToJson(one);
    assert.deepEqual(env.envelopeFromJson(json), one);
    const urlSafe = (text: string) => text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
    const other = {
      ...json,
      payload: urlSafe(json.payload),
      signatures: [{ sig: urlSafe(json.signatures[0]!.sig), cert: 'c' }],
      extra: 1,
    };
    const read = env.envelopeFromJson(other);
    assert.deepEqual(read.payload, one.payload);
    assert.deepEqual(read.signatures, [{ keyid: '', sig: one.signatures[0]!.sig }]);
  });

  it('refuses malformed JSON forms', () => {
    const json = env.envelopeToJson(signed);
    const cases: [string, unknown, string][] = [
      ['null', null, 'DECODE_FAILED'],
      ['no payload', { ...json, payload: undefined }, 'DECODE_FAILED'],
      ['no signature', { ...json, signatures: [] }, 'DECODE_FAILED'],
      ['signature is a string', { ...json, signatures: ['AA=='] }, 'DECODE_FAILED'],
      ['empty sig', { ...json, signatures: [{ keyid: '', sig: '' }] }, 'DECODE_FAILED'],
      ['keyid is a number', { ...json, signatures: [{ keyid: 1, sig: 'AA==' }] }, 'DECODE_FAILED'],
      ['mixed alphabets', { ...json, payload: '+-==' }, 'DECODE_FAILED'],
      ['white space', { ...json, payload: 'AA==\n' }, 'DECODE_FAILED'],
      ['spare bits', { ...json, payload: 'AB==' }, 'DECODE_FAILED'],
      ['payload type with a line end', { ...json, payloadType: 'a\nb' }, 'DECODE_FAILED'],
      ['17 signatures', { ...json, signatures: new Array(17).fill(json.signatures[0]) }, 'LIMIT_EXCEEDED'],
      [
        'huge sig',
        { ...json, signatures: [{ keyid: '', sig: toBase64(new Uint8Array(5_121)) }] },
        'LIMIT_EXCEEDED',
      ],
      ['huge payload', { ...json, payload: toBase64(new Uint8Array(1_048_577)) }, 'LIMIT_EXCEEDED'],
      ['long payload type', { ...json, payloadType: 'x'.repeat(256) }, 'LIMIT_EXCEEDED'],
    ];
    for (const [name, value, code] of cases)
      assert.throws(() => env.envelopeFromJson(value as never), refused(code), name);
  });

  it('refuses every other spelling of the wire form', () => {
    const bytes = env.encodeEnvelope(signed);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => env.decodeEnvelope(bytes.subarray(0, length)), refused('DECODE_FAILED'));
    assert.throws(() => env.decodeEnvelope(Uint8Array.of(...bytes, 0)), refused('DECODE_FAILED'));
    const at = bytes.findIndex(
      (_, i) => bytes[i] === 0x4b && fromUtf8(bytes.slice(i + 1, i + 6)) === 'hello',
    );
    const longLength = Uint8Array.of(...bytes.subarray(0, at), 0x58, 0x0b, ...bytes.subarray(at + 1));
    assert.throws(() => env.decodeEnvelope(longLength), refused('DECODE_FAILED'));
    const indefinite = Uint8Array.of(...bytes.subarray(0, at), 0x5f, ...bytes.subarray(at));
    assert.throws(() => env.decodeEnvelope(indefinite), refused('DECODE_FAILED'));
    const bomb = Uint8Array.of(...bytes.subarray(0, at), 0x5a, 0xff, 0xff, 0xff, 0xff);
    assert.throws(() => env.decodeEnvelope(bomb), refused('LIMIT_EXCEEDED'));
    assert.throws(() => env.decodeEnvelope(bytes, { payloadBytesMax: 10 }), refused('LIMIT_EXCEEDED'));
  });
});
