// Vectors of checkpoints, cosignatures and policies (C2SP).

import type { ErrorCode } from '../../protocol/errors/index.ts';
import {
  addSignatures,
  applyPolicy,
  cosign,
  EMPTY_ROOT,
  formatVerifierKey,
  NOTE_COSIGNATURE_ED25519,
  NOTE_ED25519,
  noteSigner,
  parseCheckpoint,
  parsePolicy,
  parseVerifierKey,
  signCheckpoint,
  verifyCheckpoint,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import { seed } from '../support/agents.ts';
import { MemoryLog, sampleEntry } from '../support/memory-log.ts';
import { Cases, hex, replaced, type Suite } from './suite.ts';

const log = new MemoryLog(9).append(...Array.from({ length: 9 }, (_, n) => sampleEntry(n)));
const good = log.checkpoint;
const line = good.split('\n')[4]!;
const stranger = line.replace(/ [A-Za-z0-9+/=]+$/, ` ${Buffer.alloc(68, 1).toString('base64')}`);

export function checkpointSuite(): Suite {
  const check: Suite['check'] = ({ checkpoint }) => {
    const { origin, size, root, extensions } = verifyNodeCheckpoint(checkpoint as string);
    return { origin, size, root: hex(root), extensions: [...extensions] };
  };
  const cases = new Cases(check);
  cases.good('size 9', { checkpoint: good });
  cases.good('size 0', {
    checkpoint: signCheckpoint({ origin: log.origin, size: 0, root: EMPTY_ROOT, signer: log.signer }),
  });
  cases.good('a signature line of an unknown key is ignored', { checkpoint: `${good}${stranger}\n` });
  cases.good('the same line twice', { checkpoint: `${good}${line}\n` });
  const bad = (name: string, code: ErrorCode, part: string | RegExp, by: string): unknown =>
    cases.bad(name, code, { checkpoint: replaced(good, part, by) });
  bad('another size', 'SIGNATURE_INVALID', '\n9\n', '\n8\n');
  bad('another root', 'SIGNATURE_INVALID', /\n[A-Za-z0-9+/]{10}/, '\nAAAAAAAAAA');
  bad('a line added', 'SIGNATURE_INVALID', '\n\n', '\nmore\n\n');
  bad('only an unknown key signed', 'SIGNATURE_INVALID', line, stranger);
  bad('another log', 'SIGNATURE_INVALID', /^[^\n]+/, new MemoryLog(8).origin);
  bad('the signature is changed', 'SIGNATURE_INVALID', /.{6}\n$/, 'AAAA==\n');
  bad('size with a leading zero', 'DECODE_FAILED', '\n9\n', '\n09\n');
  bad('size with a sign', 'DECODE_FAILED', '\n9\n', '\n+9\n');
  bad('size in hexadecimal', 'DECODE_FAILED', '\n9\n', '\n0x9\n');
  bad('no size', 'DECODE_FAILED', '\n9\n', '\n\n');
  bad('size 0 with a root', 'DECODE_FAILED', '\n9\n', '\n0\n');
  bad('size of 2^62', 'LIMIT_EXCEEDED', '\n9\n', '\n4611686018427387904\n');
  bad('size of 2^64', 'DECODE_FAILED', '\n9\n', '\n18446744073709551616\n');
  bad(
    'a root of 31 bytes',
    'DECODE_FAILED',
    /\n[A-Za-z0-9+/]{43}=\n/,
    `\n${Buffer.alloc(31).toString('base64')}\n`,
  );
  bad('an empty extension line', 'DECODE_FAILED', '\n\n', '\n\nmore\n\n');
  bad('carriage return', 'DECODE_FAILED', '\n9\n', '\r\n9\r\n');
  bad('hyphen in place of the dash', 'DECODE_FAILED', '— ', '- ');
  bad('no final newline', 'DECODE_FAILED', /\n$/, '');
  bad('no signature line', 'DECODE_FAILED', `${line}\n`, '');
  bad('base64 without padding', 'DECODE_FAILED', '=\n\n', '\n\n');
  bad('a peer id with another letter', 'KEY_INVALID', '12D3KooW', '12D3KooX');
  bad('an origin that is no node', 'KEY_INVALID', 'zerostate.dev/log/', 'example.com/log/');
  return {
    name: 'checkpoint',
    what: "A node's signed tree head (C2SP tlog-checkpoint); the origin names the only key that may sign it.",
    input: { checkpoint: 'the note, as text' },
    output: 'origin, size, root (hexadecimal), extensions',
    check,
    cases: cases.list,
  };
}

export function noteSuite(): Suite {
  const check: Suite['check'] = ({ checkpoint, verifierKey }) => {
    const key = parseVerifierKey(verifierKey as string);
    return verifyCheckpoint(checkpoint as string, { origin: key.name, publicKey: key.publicKey }).size;
  };
  const cases = new Cases(check);
  const signer = noteSigner(seed(5));
  const origin = 'example.com/behind-the-sofa';
  const verifierKey = formatVerifierKey({ name: origin, type: NOTE_ED25519, publicKey: signer.publicKey });
  const checkpoint = signCheckpoint({ origin, size: 20_852_163, root: new Uint8Array(32).fill(9), signer });
  cases.good('a log outside the network', { checkpoint, verifierKey });
  const bad = (name: string, code: ErrorCode, key: string): unknown =>
    cases.bad(name, code, { checkpoint, verifierKey: key });
  bad(
    'the key of another log',
    'SIGNATURE_INVALID',
    formatVerifierKey({ name: origin, type: NOTE_ED25519, publicKey: noteSigner(seed(6)).publicKey }),
  );
  bad(
    'another name',
    'SIGNATURE_INVALID',
    formatVerifierKey({ name: 'example.com/other', type: NOTE_ED25519, publicKey: signer.publicKey }),
  );
  bad('a key id that does not fit', 'DECODE_FAILED', verifierKey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'));
  bad('an unknown type', 'DECODE_FAILED', `${origin}+00000000+${Buffer.alloc(33, 2).toString('base64')}`);
  bad('no key', 'DECODE_FAILED', origin);
  return {
    name: 'note',
    what: 'A checkpoint is verified under a verifier key (C2SP signed-note).',
    input: { checkpoint: 'the note, as text', verifierKey: 'name+keyid+base64(type || key)' },
    output: 'the tree size',
    check,
    cases: cases.list,
  };
}

const NOW = 1_800_000_000;
const witnesses = [60, 61, 62].map((byte) => ({
  name: `witness.example/${byte}`,
  signer: noteSigner(seed(byte)),
}));
const vkeys = witnesses.map(({ name, signer }) =>
  formatVerifierKey({ name, type: NOTE_COSIGNATURE_ED25519, publicKey: signer.publicKey }),
);
const POLICY = `log ${formatVerifierKey({ name: log.origin, type: NOTE_ED25519, publicKey: log.signer.publicKey })}
witness a ${vkeys[0]}
witness b ${vkeys[1]}
witness c ${vkeys[2]}
group two 2 a b c
quorum two
`;

export function policySuite(): Suite {
  const check: Suite['check'] = ({ checkpoint, policy, now, maxAge }) => {
    const age = maxAge === null || maxAge === undefined ? {} : { maxAgeSeconds: maxAge as number };
    const finding = applyPolicy(parseCheckpoint(checkpoint as string), parsePolicy(policy as string), {
      nowSeconds: now as number,
      ...age,
    });
    return { witnesses: [...finding.witnesses], asOf: finding.asOfSeconds };
  };
  const cases = new Cases(check);
  const signed = (...times: (number | null)[]): string =>
    addSignatures(
      good,
      times.flatMap((timeSeconds, i) =>
        timeSeconds === null ? [] : [cosign(parseCheckpoint(good), { ...witnesses[i]!, timeSeconds })],
      ),
    );
  const input = { checkpoint: signed(NOW - 10, NOW - 20, null), policy: POLICY, now: NOW, maxAge: 60 };
  cases.good('two of three', input);
  cases.good('three of three: as of the second newest', {
    ...input,
    checkpoint: signed(NOW - 10, NOW - 20, NOW - 5),
  });
  cases.good('no witness is asked for', { ...input, checkpoint: good, policy: 'quorum none\n' });
  cases.good('one witness alone', { ...input, policy: `witness a ${vkeys[0]}\nquorum a\n` });
  const bad = (name: string, code: ErrorCode, change: Record<string, string | number>): unknown =>
    cases.bad(name, code, { ...input, ...change });
  bad('one of three', 'WITNESS_QUORUM_MISSING', { checkpoint: signed(NOW, null, null) });
  bad('the second is too old', 'WITNESS_QUORUM_MISSING', { checkpoint: signed(NOW, NOW - 61, null) });
  bad('the second is from the future', 'WITNESS_QUORUM_MISSING', {
    checkpoint: signed(NOW, NOW + 301, null),
  });
  bad('one witness twice', 'WITNESS_QUORUM_MISSING', {
    checkpoint: addSignatures(signed(NOW, null, null), [
      cosign(parseCheckpoint(good), { ...witnesses[0]!, timeSeconds: NOW - 1 }),
    ]),
  });
  bad('a cosignature over another head', 'SIGNATURE_INVALID', {
    checkpoint: replaced(signed(NOW, NOW, null), '\n9\n', '\n8\n'),
  });
  bad('a log that the policy does not know', 'LOG_UNKNOWN', { checkpoint: new MemoryLog(8).checkpoint });
  bad('no quorum line', 'DECODE_FAILED', { policy: replaced(POLICY, 'quorum two\n', '') });
  bad('two quorum lines', 'DECODE_FAILED', { policy: `${POLICY}quorum a\n` });
  bad('a threshold above the members', 'DECODE_FAILED', { policy: replaced(POLICY, 'two 2 a', 'two 4 a') });
  bad('a threshold of zero', 'DECODE_FAILED', { policy: replaced(POLICY, 'two 2 a', 'two 0 a') });
  bad('a member twice', 'DECODE_FAILED', { policy: replaced(POLICY, 'a b c', 'a b b') });
  bad('a member defined later', 'DECODE_FAILED', { policy: `group g any a\n${POLICY}` });
  bad('one key under two names', 'DECODE_FAILED', { policy: `${POLICY}witness d ${vkeys[0]}\n` });
  bad('a log key as a witness', 'DECODE_FAILED', { policy: replaced(POLICY, /^log /, 'witness x ') });
  bad('an unknown line', 'DECODE_FAILED', { policy: `${POLICY}allow all\n` });
  return {
    name: 'policy',
    what: 'A checkpoint is judged by a policy (C2SP tlog-policy) at a given time, in seconds.',
    input: {
      checkpoint: 'the note, as text',
      policy: 'the file, as text',
      now: 'seconds since 1970',
      maxAge: 'oldest cosignature that counts, in seconds',
    },
    output: 'witnesses that count, and the time to which a quorum vouches',
    check,
    cases: cases.list,
  };
}
