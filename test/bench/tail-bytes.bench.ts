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
import { MemoryLog, sampleEntry, sampleRecord } from '../support/memory-log.ts';
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
    const held = ENTRIES - NEWEST;
    // Only what travels needs a body.
    log.append(...Array.from({ length: held }, (_, n) => ({ record: sampleRecord(n), body: null })));
    log.append(...Array.from({ length: NEWEST }, (_, n) => sampleEntry(held + n)));
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
    const packages =
      encodeSyncMessage(response).length - encodeSyncMessage({ ...response, entries: [] }).length;

    const items = log.stored.map(({ record }, n) => ({
      order: BigInt(1_700_000_000 + n),
      id: leafHash(record),
    }));
    const peer = peerReconcile(peerStorage(items.slice(0, held)), peerStorage(items));
    if (peer.found.size !== NEWEST) throw new Error('the peer found other differences');
    // The peer's asking side learns an id only when it is sent; what the other side found out it still has to tell.
    const peerBytes = peer.bytes + peer.told * 32;
    const label = {
      sizes: { entries: ENTRIES, newest: NEWEST, bodies },
      peerName: 'negentropy (nostr-tools)',
      unit: 'bytes',
      better: 'lower',
    } as const;
    report({
      ...label,
      case: 'to know what is missing, proven by the head',
      ours: bytes - packages,
      peer: peerBytes,
    });
    report({
      ...label,
      case: 'and to fetch it, without the bodies themselves',
      peerName: 'negentropy, and a request of 32 bytes an id',
      ours: bytes - bodies,
      peer: peerBytes + NEWEST * 32,
      bar: { sign: '<=', value: 0.5 },
    });
  },
};
