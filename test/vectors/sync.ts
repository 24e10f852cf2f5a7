// Vectors of synchronisation and reconciliation messages.

import type { ErrorCode } from '../../protocol/errors/index.ts';
import type { JsonObject, JsonValue } from '../../protocol/json/index.ts';
import { CompactTree, leafHash } from '../../protocol/log/index.ts';
import {
  type Item,
  RangeSet,
  startReconciliation,
  stepReconciliation,
} from '../../protocol/reconcile/index.ts';
import {
  answerTail,
  decodeSyncMessage,
  encodeSyncMessage,
  headsRequests,
  type SyncMessage,
  tailRequest,
  verifyTail,
} from '../../protocol/sync/index.ts';
import { MemoryLog, sampleEntry } from '../support/memory-log.ts';
import { bytesOf, Cases, hex, replaced, type Suite } from './suite.ts';

const KINDS = [
  'heads-request',
  'heads-response',
  'tail-request',
  'tail-response',
  'consistency-request',
  'consistency-response',
  'refusal',
] as const;
const log = new MemoryLog(9).append(...Array.from({ length: 6 }, (_, n) => sampleEntry(n)));

/** A message as JSON: bytes in hexadecimal. */
function shown(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shown(each)]));
  return value as JsonValue;
}

export async function messageSuite(): Promise<Suite> {
  const check: Suite['check'] = ({ message }) => shown(decodeSyncMessage(bytesOf(message), KINDS));
  const cases = new Cases(check);
  const request = tailRequest({ origin: log.origin, from: 2, to: 6 });
  const good = hex(encodeSyncMessage(request));
  const messages: SyncMessage[] = [
    headsRequests(new Map([[log.origin, log.head()]]))[0]!,
    { kind: 'heads-response', heads: [log.checkpoint], resumeAfter: null },
    request,
    decodeSyncMessage(await answerTail(request, log), ['tail-response']),
    { kind: 'consistency-request', origin: log.origin, from: 2, to: 6 },
    { kind: 'consistency-response', checkpoint: log.checkpoint, proof: [new Uint8Array(32)] },
    { kind: 'refusal', code: 'OVERLOADED', retryAfterMs: 500 },
  ];
  for (const message of messages) cases.good(message.kind, { message: hex(encodeSyncMessage(message)) });
  const bad = (name: string, code: ErrorCode, message: string): unknown => cases.bad(name, code, { message });
  bad('bytes follow', 'DECODE_FAILED', `${good}00`);
  bad('cut off', 'DECODE_FAILED', good.slice(0, -2));
  bad(
    'an unknown kind',
    'DECODE_FAILED',
    replaced(good, hex(new TextEncoder().encode('tail-r')), hex(new TextEncoder().encode('tale-r'))),
  );
  bad('an array of three', 'DECODE_FAILED', replaced(good, /^82/, '83'));
  bad('an array without length', 'DECODE_FAILED', replaced(good, /^82/, '9f'));
  bad(
    'members in another order',
    'DECODE_FAILED',
    replaced(good, '62746f066466726f6d02', '6466726f6d0262746f06'),
  );
  bad('a number that is not in its shortest form', 'DECODE_FAILED', replaced(good, '62746f06', '62746f1806'));
  bad('a negative number', 'DECODE_FAILED', replaced(good, '62746f06', '62746f25'));
  bad('a fraction', 'DECODE_FAILED', replaced(good, '62746f06', '62746ff94600'));
  bad('ends before it starts', 'DECODE_FAILED', hex(encodeSyncMessage({ ...request, to: 1 })));
  bad('a size of 2^62', 'LIMIT_EXCEEDED', replaced(good, '62746f06', '62746f1b4000000000000000'));
  bad('a credit below the least', 'DECODE_FAILED', hex(encodeSyncMessage({ ...request, credit: 100 })));
  bad(
    'a credit above the largest',
    'LIMIT_EXCEEDED',
    hex(encodeSyncMessage({ ...request, credit: 2 ** 30 })),
  );
  bad(
    'an origin that is too long',
    'LIMIT_EXCEEDED',
    hex(encodeSyncMessage({ ...request, origin: 'x'.repeat(257) })),
  );
  bad(
    'a proof element of 31 bytes',
    'DECODE_FAILED',
    hex(encodeSyncMessage({ kind: 'consistency-response', checkpoint: '', proof: [new Uint8Array(31)] })),
  );
  bad(
    '65 proof elements',
    'LIMIT_EXCEEDED',
    hex(
      encodeSyncMessage({
        kind: 'consistency-response',
        checkpoint: '',
        proof: Array.from({ length: 65 }, () => new Uint8Array(32)),
      }),
    ),
  );
  return {
    name: 'sync-message',
    what: 'Messages of synchronisation: a DAG-CBOR array of the kind and a map.',
    input: { message: 'hexadecimal' },
    output: 'the message; byte strings in hexadecimal',
    check,
    cases: cases.list,
  };
}

export async function tailSuite(): Promise<Suite> {
  const check: Suite['check'] = ({ request, response, state }) => {
    const tail = verifyTail({
      request: decodeSyncMessage(bytesOf(request), ['tail-request']),
      response: decodeSyncMessage(bytesOf(response), ['tail-response']),
      tree: CompactTree.restore(bytesOf(state)),
    });
    return {
      from: tail.from,
      to: tail.to,
      complete: tail.complete,
      root: hex(tail.tree.root()),
      statements: tail.entries.map(({ entry }) => entry.statementId),
    };
  };
  const cases = new Cases(check);
  const stateAt = (size: number): string => {
    const tree = new CompactTree();
    for (const { record } of log.stored.slice(0, size)) tree.append(leafHash(record));
    return hex(tree.serialise());
  };
  const request = tailRequest({ origin: log.origin, from: 2, to: 6 });
  const honest = decodeSyncMessage(await answerTail(request, log), ['tail-response']);
  const part = decodeSyncMessage(await answerTail({ ...request, to: 4 }, log), ['tail-response']);
  const input = {
    request: hex(encodeSyncMessage(request)),
    response: hex(encodeSyncMessage(honest)),
    state: stateAt(2),
  };
  cases.good('the whole tail', input);
  cases.good('a part, with the proof to the head', { ...input, response: hex(encodeSyncMessage(part)) });
  const withheld = honest.entries.map((entry, i) =>
    i === 1 ? { record: log.stored[3]!.record, body: null } : entry,
  );
  cases.good('a body is withheld', {
    ...input,
    response: hex(encodeSyncMessage({ ...honest, entries: withheld })),
  });
  const bad = (name: string, code: ErrorCode, change: Partial<typeof honest>): unknown =>
    cases.bad(name, code, { ...input, response: hex(encodeSyncMessage({ ...honest, ...change })) });
  const [first, second, ...rest] = honest.entries as [(typeof honest.entries)[0], (typeof honest.entries)[0]];
  bad('entries in another order', 'PROOF_INVALID', { entries: [second, first, ...rest] });
  bad('an entry is missing', 'PROOF_INVALID', { entries: [first, ...rest] });
  bad('an entry too many', 'SYNC_REFUSED', { entries: [...honest.entries, first] });
  bad('nothing at all', 'SYNC_REFUSED', { entries: [] });
  bad('another salt', 'PROOF_INVALID', {
    entries: [{ salt: new Uint8Array(16), body: first.body as Uint8Array }, second, ...rest],
  });
  bad('a body that is no envelope', 'DECODE_FAILED', {
    entries: [{ salt: new Uint8Array(16), body: new Uint8Array(4) }, second, ...rest],
  });
  bad('an element too many', 'PROOF_INVALID', { proof: [new Uint8Array(32)] });
  bad('a head of another log', 'SIGNATURE_INVALID', {
    checkpoint: new MemoryLog(8).append(sampleEntry(1), sampleEntry(2), sampleEntry(3)).checkpoint,
  });
  bad('an older head', 'SYNC_REFUSED', { checkpoint: log.checkpointAt(5) });
  cases.bad('the tree at hand is another one', 'SYNC_REFUSED', { ...input, state: stateAt(1) });
  return {
    name: 'sync-tail',
    what: 'The answer to a tail request is checked against the tree at hand.',
    input: {
      request: 'hexadecimal',
      response: 'hexadecimal',
      state: 'state of the compact tree, hexadecimal',
    },
    output: 'from, to, whether the head is reached, root, statement ids',
    check,
    cases: cases.list,
  };
}

export function reconcileSuite(): Suite {
  const item = (n: number): Item => ({
    order: BigInt(1_700_000_000_000 + 1000 * n),
    id: leafHash(Uint8Array.of(n)),
  });
  const set = (from: number, to: number): Item[] =>
    Array.from({ length: to - from }, (_, i) => item(from + i));
  const check: Suite['check'] = ({ items, message, credit }) => {
    const own = (items as { order: string; id: string }[]).map(({ order, id }) => ({
      order: BigInt(order),
      id: bytesOf(id),
    }));
    const { reply, have, need } = stepReconciliation(RangeSet.of(own), bytesOf(message), credit as number);
    return { reply: reply === null ? null : hex(reply), have: have.map(hex), need: need.map(hex) };
  };
  const cases = new Cases(check);
  const shownItems = (list: Item[]): JsonObject[] =>
    list.map(({ order, id }) => ({ order: String(order), id: hex(id) }));
  const salt = new Uint8Array(16).fill(1);
  const sides = [set(0, 60), set(2, 64)] as const;
  let message: Uint8Array | null = startReconciliation(RangeSet.of(sides[1]), { salt });
  for (let step = 0; message !== null; step++) {
    const own = sides[step % 2]!;
    cases.good(`step ${step + 1} of a session`, {
      items: shownItems(own),
      message: hex(message),
      credit: 4_096,
    });
    message = stepReconciliation(RangeSet.of(own), message, 4_096).reply;
  }
  cases.good('equal sets: no reply', {
    items: shownItems(sides[0]),
    message: hex(startReconciliation(RangeSet.of(sides[0]), { salt })),
    credit: 4_096,
  });
  cases.good('an empty set against one', {
    items: shownItems(set(0, 3)),
    message: hex(startReconciliation(RangeSet.of([]), { salt })),
    credit: 4_096,
  });
  const head = `0100${hex(salt)}`;
  const bad = (name: string, code: ErrorCode, body: string): unknown =>
    cases.bad(name, code, { items: shownItems(set(0, 5)), message: body, credit: 4_096 });
  bad('another version', 'DECODE_FAILED', replaced(head, /^01/, '02'));
  bad('a range after the end', 'DECODE_FAILED', `${head}00000000`);
  bad('an unknown mode', 'DECODE_FAILED', `${head}0005`);
  bad('a fingerprint is cut off', 'DECODE_FAILED', `${head}0001ffff`);
  bad('bounds that do not rise', 'DECODE_FAILED', `${head}010000`);
  bad('a number that is not in its shortest form', 'DECODE_FAILED', `${head}01800000`);
  bad('a bound longer than an id', 'DECODE_FAILED', `${head}220100`);
  bad('an order of 2^64', 'DECODE_FAILED', `${head}0180808080808080808002${'00'}`);
  bad('a list of 33', 'LIMIT_EXCEEDED', `${head}000221`);
  bad('a difference with spare bits', 'DECODE_FAILED', `${head}0003010200`);
  bad('a difference of another list', 'SYNC_REFUSED', `${head}0003010100`);
  return {
    name: 'reconcile',
    what: 'One step of set reconciliation.',
    input: {
      items: 'own set: order (decimal text) and id',
      message: 'hexadecimal',
      credit: 'bytes that the reply may have',
    },
    output:
      'reply (hexadecimal, or null at the end), ids that the other side lacks, ids that are lacking here',
    check,
    cases: cases.list,
  };
}
