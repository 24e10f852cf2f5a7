// Targets of relays: headers and answers of forwarded streams, frames of links, what relays and nodes sign of themselves, learned state.

import { signAnnouncement, verifyAnnouncement } from '../../node/network/announcement.ts';
import { signLinkReport, verifyLinkReport } from '../../node/routing/link-report.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import {
  ackFrame,
  bareFrame,
  dataHead,
  decodeHeader,
  decodeReply,
  encodeHeader,
  encodeReply,
  type ForwardHeader,
  greetingFrame,
  LinkDecoder,
  readGreeting,
} from '../../protocol/forward/index.ts';
import { peerIdOfKey } from '../../protocol/log/index.ts';
import { makePolicy, POLICY_NAMES } from '../../protocol/routing/index.ts';
import { plainHeader } from '../support/forward-headers.ts';
import { BYTE_MUTATORS, JSON_MUTATORS } from './mutate.ts';
import { parser, type Target } from './target.ts';

const hex = (bytes: Uint8Array): string => bytes.toHex();
const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const peerOf = (byte: number): string => peerIdOfKey(publicKeyOfSeed(seed(byte)));
const link = new Uint8Array(16).fill(3);

const header = plainHeader(peerOf(1), link);
const bounded: ForwardHeader = {
  ...header,
  slaClass: 'bulk',
  region: 'eu-west',
  guild: 'zs:guild.1',
  priceCeiling: 12_345n,
  currency: 'TEST',
  trace: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`,
  via: [peerOf(2), peerOf(3)],
};

/** Frames as text; data in one piece however it came. */
function framesOf(pieces: Iterable<Uint8Array>): string {
  const decoder = new LinkDecoder();
  const told: string[] = [];
  for (const piece of pieces)
    for (const frame of decoder.read(piece)) {
      const isData = frame.kind === 'data';
      const words = isData
        ? hex(frame.bytes)
        : JSON.stringify(frame, (_, value) =>
            value instanceof Uint8Array ? hex(value) : (value as unknown),
          );
      if (isData && told.at(-1)?.startsWith('data ') === true) told.push(`${told.pop()}${words}`);
      else told.push(`${frame.kind} ${words}`);
    }
  return told.join('\n');
}

/** Decoders of what relays and those who use them send. */
export function forwardTargets(): Target[] {
  const parsing = parser(4);
  const report = {
    author: peerOf(2),
    sequence: 7n,
    region: 'eu-west',
    links: [1, 3].map((byte) => ({ to: peerOf(byte), costMs: 10.5 * byte })),
  };
  const said = {
    type: 'NodeAnnouncement' as const,
    peerId: peerOf(2),
    name: 'node-2',
    region: 'eu-west',
    roles: ['relay'],
    version: '1',
    addresses: ['/ip4/127.0.0.1/tcp/4001'],
    links: [{ peer: peerOf(3), rttMs: 3 }],
    log: { size: 4, root: 'AAAA' },
    issuedAtMs: 1_780_000_000_000,
  };
  return [
    parsing('header of a stream', BYTE_MUTATORS, [encodeHeader(header), encodeHeader(bounded)], (input) => {
      const once = encodeHeader(decodeHeader(input));
      return hex(encodeHeader(decodeHeader(once))) === hex(once);
    }),
    parsing(
      'answer of a hop',
      BYTE_MUTATORS,
      [
        encodeReply({ ok: true, path: bounded.via, remainingMs: 12, tookMs: 30.5 }),
        encodeReply({ ok: false, code: 'ROUTE_REFUSED', reason: 'not this way', elsewhere: true }),
      ],
      (input) => {
        const once = encodeReply(decodeReply(input));
        return hex(encodeReply(decodeReply(once))) === hex(once);
      },
    ),
    parsing(
      'greeting of a link',
      BYTE_MUTATORS,
      [
        greetingFrame({ link, fresh: true, received: 0 }),
        greetingFrame({ link, fresh: false, received: 2 ** 40 }),
      ],
      (input) => hex(greetingFrame(readGreeting(input))) === hex(input),
    ),
    parsing(
      'frames of a link',
      BYTE_MUTATORS,
      [
        Buffer.concat([
          greetingFrame({ link, fresh: true, received: 9 }),
          dataHead(5),
          Uint8Array.of(1, 2, 3, 4, 5),
          ackFrame(77),
          bareFrame('ping'),
          bareFrame('close'),
          bareFrame('refuse'),
        ]),
      ],
      // However the bytes are cut, they say the same.
      (input) => framesOf([input]) === framesOf(Array.from(input, (byte) => Uint8Array.of(byte))),
    ),
    {
      name: 'link report',
      weight: 2,
      mutators: [...BYTE_MUTATORS, ...JSON_MUTATORS],
      valid: [signLinkReport(report, seed(2)), signLinkReport({ ...report, links: [] }, seed(2))],
      meaning(input) {
        const { sequence, ...rest } = verifyLinkReport(input);
        return JSON.stringify({ ...rest, sequence: String(sequence) });
      },
    },
    {
      name: 'node announcement',
      weight: 2,
      mutators: [...BYTE_MUTATORS, ...JSON_MUTATORS],
      valid: [signAnnouncement(said, seed(2)), signAnnouncement({ ...said, links: [] }, seed(2))],
      meaning: (input) => JSON.stringify(verifyAnnouncement(input)),
    },
    parsing('learned routes', JSON_MUTATORS, POLICY_NAMES.map(learnedBy), (input) =>
      POLICY_NAMES.every((name) => {
        const policy = makePolicy(name, { self: 'x', advertises: true });
        if (!policy.restore(input, 5_000)) return true;
        const once = policy.snapshot(5_000);
        const again = makePolicy(name, { self: 'x', advertises: true });
        return again.restore(once, 5_000) && hex(again.snapshot(5_000)) === hex(once);
      }),
    ),
  ];
}

/** State of a policy that has seen a little. */
function learnedBy(name: (typeof POLICY_NAMES)[number]): Uint8Array {
  const policy = makePolicy(name, { self: 'x', advertises: true });
  policy.observe({ kind: 'probed', neighbour: 'a', rttMs: 12 }, 1_000);
  const handed = { neighbour: 'a', destination: 'd', slaClass: 'standard', ok: true, tookMs: 20 } as const;
  policy.observe({ kind: 'handed', ...handed, remainingMs: 40 }, 1_500);
  policy.observe({ kind: 'finished', ...handed }, 1_600);
  return policy.snapshot(2_000);
}
