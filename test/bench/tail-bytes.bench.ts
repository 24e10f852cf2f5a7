// Bytes to catch up with the 100 newest of 100,000 entries of a log: signed heads and a tail, against set reconciliation.

import { leafHash } from '../../protocol/log/index.ts';
import {
  answerHeads,
  answerTail,
  decodeSyncMessage,
  encodeSyncMessage,
  type Head,
  headsRequests,
  planSync,
  tailRequest,
  verifyTail,
} from '../../protocol/sync/index.ts';
import { MemoryLog, sampleEntry } from '../support/memory-log.ts';
import type { Bench } from './bench.ts';
import { peerReconcile, peerStorage } from './negentropy.ts';

const ENTRIES = 100_000;
const NEWEST = 100;

export const bench: Bench = {
  name: 'tail-bytes',
  summary:
    'bytes to learn and prove what the 100 newest of 100,000 entries are, against the public JavaScript negentropy',
  bar: { sign: '<=', value: 0.25 },
  async run({ report }) {
    const log = new MemoryLog(1, { roots: false });
    log.append(...Array.from({ length: ENTRIES }, (_, n) => sampleEntry(n)));
    const held = ENTRIES - NEWEST;
    const old = new MemoryLog(1, { roots: false }).append(...log.stored.slice(0, held));
    const mine = new Map<string, Head>([[log.origin, old.head()]]);

    let bytes = 0;
    const carry = (message: Uint8Array): Uint8Array => {
      bytes += message.length;
      return message;
    };
    const [ask] = headsRequests(mine);
    const asked = decodeSyncMessage(carry(encodeSyncMessage(ask!)), ['heads-request']);
    const heads = decodeSyncMessage(
      carry(encodeSyncMessage(answerHeads(new Map([[log.origin, log.head()]]), asked))),
      ['heads-response'],
    );
    const [fetch] = planSync(mine, heads.heads).fetch;
    const request = decodeSyncMessage(carry(encodeSyncMessage(tailRequest(fetch!))), ['tail-request']);
    const response = decodeSyncMessage(carry(await answerTail(request, log)), ['tail-response']);
    const tail = verifyTail({ request, response, tree: old.nodes.tree });
    if (!tail.complete || tail.entries.length !== NEWEST) throw new Error('the tail is not what was missing');
    const bodies = tail.entries.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
    const records = tail.entries.reduce((sum, { record }) => sum + record.length, 0);

    const items = log.stored.map(({ record }, n) => ({
      order: BigInt(1_700_000_000 + n),
      id: leafHash(record),
    }));
    const peer = peerReconcile(peerStorage(items.slice(0, held)), peerStorage(items));
    if (peer.found.size !== NEWEST) throw new Error('the peer found other differences');
    const sizes = { entries: ENTRIES, newest: NEWEST, bodies, records };
    report({
      case: 'to agree on what is missing (heads, request, proof)',
      peerName: 'negentropy (nostr-tools)',
      sizes,
      ours: bytes - bodies - records,
      peer: peer.bytes,
      unit: 'bytes',
      better: 'lower',
    });
    report({
      case: 'all but the bodies (log records with their salts too)',
      // The peer's items are then still to be asked for, one id each.
      peerName: 'negentropy, and a request of 32 bytes an id',
      sizes,
      ours: bytes - bodies,
      peer: peer.bytes + NEWEST * 32,
      unit: 'bytes',
      better: 'lower',
      bar: { sign: '<=', value: 1 },
    });
  },
};
