// Signed notes, checkpoints, origins and log records: the published examples, and what must be refused.

import assert from 'node:assert/strict';
import { contentIdOf } from '../../../protocol/envelope/index.ts';
import {
  decodeLogEntry,
  EMPTY_ROOT,
  encodeLogEntry,
  formatVerifierKey,
  keyOfPeerId,
  noteSigner,
  originKey,
  originOf,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  peerIdOfKey,
  peerIdOfOrigin,
  signCheckpoint,
  signNote,
  verifyCheckpoint,
  verifyNodeCheckpoint,
  verifyNote,
} from '../../../protocol/log/index.ts';
import { refuses } from '../../support/codes.ts';

const signer = noteSigner(new Uint8Array(32).fill(7));
const origin = originOf(peerIdOfKey(signer.publicKey));
const root = new Uint8Array(32).fill(9);
const text = signCheckpoint({ origin, size: 42, root, signer });

// The example of the signed-note specification; its verifier key is printed with the Go package of the same format.
const PUBLISHED = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;
const PUBLISHED_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';

describe('signed notes', () => {
  it('accept the published note under its published key', () => {
    const key = parseVerifierKey(PUBLISHED_KEY);
    assert.equal(formatVerifierKey(key), PUBLISHED_KEY);
    verifyNote(parseNote(PUBLISHED), key.name, key.publicKey);
    refuses(
      () => verifyNote(parseNote(PUBLISHED.replace('answer', 'Answer')), key.name, key.publicKey),
      'SIGNATURE_INVALID',
    );
  });

  it('ignore signatures of unknown keys, and refuse when a known one fails', () => {
    const key = parseVerifierKey(PUBLISHED_KEY);
    const line = PUBLISHED.split('\n')[3]!;
    const stranger = line.replace('x08go', 'x08gp');
    verifyNote(parseNote(PUBLISHED.replace(line, `${stranger}\n${line}`)), key.name, key.publicKey);
    refuses(
      () => verifyNote(parseNote(PUBLISHED.replace(line, stranger)), key.name, key.publicKey),
      'SIGNATURE_INVALID',
    );
    const broken = line.replace('/ZJku', '/ZJkv');
    refuses(
      () => verifyNote(parseNote(PUBLISHED.replace(line, `${line}\n${broken}`)), key.name, key.publicKey),
      'SIGNATURE_INVALID',
    );
  });

  it('refuse every other form', () => {
    for (const bad of [
      '',
      'text\n',
      'text\n\n',
      PUBLISHED.slice(0, -1),
      PUBLISHED.replace('— ', '- '),
      PUBLISHED.replace('— PeterNeumann ', '— Peter Neumann '),
      PUBLISHED.replace('PeterNeumann', 'Peter+Neumann'),
      PUBLISHED.replace('BwJnAM=', 'BwJnAM'),
      PUBLISHED.replace('BwJnAM=', 'BwJnAN='),
      PUBLISHED.replace('problem,', 'problem,\r'),
      PUBLISHED.replace('problem,', 'problem\u0000'),
      PUBLISHED.replace('problem,', 'problem\ud800'),
    ]) {
      refuses(() => parseNote(bad), 'DECODE_FAILED');
    }
    refuses(() => parseNote(Uint8Array.of(0xff, 0x0a)), 'DECODE_FAILED');
    refuses(() => parseNote('x'.repeat(200_000)), 'LIMIT_EXCEEDED');
    refuses(() => parseNote(PUBLISHED + PUBLISHED.split('\n')[3]!.concat('\n').repeat(32)), 'LIMIT_EXCEEDED');
  });

  it('refuse a verifier key whose id does not fit', () => {
    refuses(() => parseVerifierKey(PUBLISHED_KEY.replace('c74f', 'c74e')), 'DECODE_FAILED');
    refuses(() => parseVerifierKey(PUBLISHED_KEY.replace('PeterN', 'peterN')), 'DECODE_FAILED');
    refuses(() => parseVerifierKey('name'), 'DECODE_FAILED');
  });
});

describe('checkpoints', () => {
  it('round-trip, as text and as bytes', () => {
    const checkpoint = verifyCheckpoint(text, { origin, publicKey: signer.publicKey });
    assert.equal(checkpoint.size, 42);
    assert.deepEqual(checkpoint.root, root);
    assert.equal(checkpoint.text, text);
    assert.equal(verifyNodeCheckpoint(new TextEncoder().encode(text), origin).text, text);
    assert.equal(verifyNodeCheckpoint(text).origin, origin);
  });

  it('are refused when a byte, the origin or the key differs', () => {
    for (let at = 0; at < text.length - 1; at += 3) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      refuses(() => verifyNodeCheckpoint(changed, origin), 'SIGNATURE_INVALID', 'DECODE_FAILED');
    }
    const other = noteSigner(new Uint8Array(32).fill(8));
    refuses(() => verifyCheckpoint(text, { origin, publicKey: other.publicKey }), 'SIGNATURE_INVALID');
    refuses(
      () => verifyCheckpoint(text, { origin: 'example.com/log', publicKey: signer.publicKey }),
      'SIGNATURE_INVALID',
    );
    const elsewhere = originOf(peerIdOfKey(other.publicKey));
    refuses(() => verifyNodeCheckpoint(text, elsewhere), 'SIGNATURE_INVALID');
    // The right key and key name under a text that speaks of another log.
    const misplaced = signNote(
      text.split('\n\n')[0]!.replace(origin, elsewhere).concat('\n'),
      origin,
      signer,
    );
    refuses(() => verifyCheckpoint(misplaced, { origin, publicKey: signer.publicKey }), 'SIGNATURE_INVALID');
    const impostor = signCheckpoint({ origin, size: 42, root, signer: other });
    refuses(() => verifyNodeCheckpoint(impostor), 'SIGNATURE_INVALID');
  });

  it('are refused with a size that is not one', () => {
    const sized = (size: string): string => text.replace('\n42\n', `\n${size}\n`);
    for (const size of ['042', '-1', '4e1', '', ' 42', '99999999999999999999999'])
      refuses(() => parseCheckpoint(sized(size)), 'DECODE_FAILED');
    refuses(() => parseCheckpoint(sized((2n ** 62n).toString())), 'LIMIT_EXCEEDED');
    refuses(() => parseCheckpoint(sized('0')), 'DECODE_FAILED');
  });

  it('cannot be signed for an empty tree with a bogus root', () => {
    refuses(() => signCheckpoint({ origin, size: 0, root, signer }), 'DECODE_FAILED');
    assert.equal(verifyNodeCheckpoint(signCheckpoint({ origin, size: 0, root: EMPTY_ROOT, signer })).size, 0);
  });

  it('keep extension lines, and refuse an empty one', () => {
    const extended = text.replace('\n\n', '\nmore\n\n');
    assert.deepEqual(parseCheckpoint(extended).extensions, ['more']);
    refuses(() => parseCheckpoint(text.replace('\n\n', '\n\nmore\n\n')), 'DECODE_FAILED');
  });
});

describe('origins', () => {
  it('name their own key', () => {
    // A peer id as libp2p prints it for this public key.
    assert.equal(keyOfPeerId(peerIdOfKey(signer.publicKey)).toHex(), signer.publicKey.toHex());
    assert.ok(peerIdOfKey(signer.publicKey).startsWith('12D3KooW'));
    assert.deepEqual(originKey(origin), signer.publicKey);
    assert.equal(originOf(peerIdOfOrigin(origin)), origin);
  });

  it('refuse other peer ids and other origins', () => {
    for (const bad of [
      'example.com/log',
      `${origin}x`,
      origin.slice(0, -1),
      origin.replace('12D3', '0OIl'),
      'zerostate.dev/log/',
      `x${origin}`,
    ]) {
      refuses(() => originKey(bad), 'KEY_INVALID');
    }
  });
});

describe('log records', () => {
  const entry = {
    statementId: contentIdOf(new Uint8Array(32).fill(3)),
    salt: new Uint8Array(16).fill(4),
  };

  it('round-trip in 49 bytes', () => {
    const record = encodeLogEntry(entry);
    assert.equal(record.length, 49);
    assert.deepEqual(decodeLogEntry(record), entry);
  });

  it('refuse other lengths, versions, ids and salts', () => {
    const record = encodeLogEntry(entry);
    refuses(() => decodeLogEntry(record.subarray(1)), 'DECODE_FAILED');
    refuses(() => decodeLogEntry(Uint8Array.from([2, ...record.subarray(1)])), 'DECODE_FAILED');
    refuses(() => encodeLogEntry({ ...entry, salt: new Uint8Array(15) }), 'DECODE_FAILED');
    for (const id of [
      '',
      'bafy',
      entry.statementId.toUpperCase(),
      `${entry.statementId.slice(0, -1)}7`,
      entry.statementId.replace('bafkrei', 'bafybei'),
    ]) {
      refuses(() => encodeLogEntry({ ...entry, statementId: id }), 'DECODE_FAILED');
    }
  });
});
