// What nodes of the cores tier say to each other. Frozen objects, passed as they are; a share of them is encoded, decoded and
// compared on the way (see post.ts). Types and sizes only.

import type { Envelope } from '../../protocol/envelope/index.ts';
import type { SyncMessage } from '../../protocol/sync/index.ts';

/** Numbers of things published over gossip: places in the list of publications (see publications.ts). */
export type PublicationId = number;

export type Message =
  /** Something published: a head with what is new under it, or evidence. */
  | { readonly kind: 'publication'; readonly publication: PublicationId }
  /** The lazy part of gossip: what is held, and what is wanted of it. */
  | { readonly kind: 'ihave' | 'iwant'; readonly publications: readonly PublicationId[] }
  /** Joins and leaves the mesh of a neighbour. */
  | { readonly kind: 'graft' | 'prune' }
  /** A message of the sync protocol in a comparison: a question of the one who began it, or the answer. */
  | { readonly kind: 'question' | 'answer'; readonly comparison: number; readonly message: SyncMessage }
  /** Comparing forks: which logs the asker knows to have forked, which ones the other knows, and what evidence is asked for. */
  | { readonly kind: 'forks-asked' | 'forks-told' | 'evidence-asked'; readonly logs: readonly number[] }
  | { readonly kind: 'evidence-told'; readonly publication: PublicationId }
  /** A message of a payment channel between its two ends. */
  | {
      readonly kind: 'payment';
      readonly channel: number;
      readonly part: 'update' | 'ack' | 'closing';
      readonly envelope: Envelope;
    };

/** Bytes of frames around a message: stream, length, topic and message id. */
const FRAME_BYTES = 40;
/** Bytes of a message id in an announcement. */
const ID_BYTES = 34;
/** Bytes of one signature with the name of its key. */
const SIGNATURE_BYTES = 128;
const CONTROL_BYTES = 48;
/** Bytes of a digest in hexadecimal, and of the name of a log. */
const DIGEST_BYTES = 64;
const ORIGIN_BYTES = 70;

/** About how many bytes a message has on the wire; `publicationBytes` tells those of a publication. */
export function bytesOf(message: Message, publicationBytes: (publication: PublicationId) => number): number {
  switch (message.kind) {
    case 'publication':
    case 'evidence-told':
      return FRAME_BYTES + publicationBytes(message.publication);
    case 'ihave':
    case 'iwant':
      return FRAME_BYTES + ID_BYTES * message.publications.length;
    case 'forks-asked':
      // A digest, whatever is known.
      return FRAME_BYTES + DIGEST_BYTES;
    case 'forks-told':
    case 'evidence-asked':
      return FRAME_BYTES + ORIGIN_BYTES * message.logs.length;
    case 'graft':
    case 'prune':
      return CONTROL_BYTES;
    case 'payment':
      return FRAME_BYTES + message.envelope.payload.length + SIGNATURE_BYTES;
    default:
      return FRAME_BYTES + syncBytes(message.message);
  }
}

function syncBytes(message: SyncMessage): number {
  switch (message.kind) {
    case 'heads-request':
    case 'heads-response':
      return message.heads.reduce((sum, head) => sum + head.length + 3, FRAME_BYTES);
    case 'tail-response':
      return message.entries.reduce(
        (sum, entry) => sum + (entry.body === null ? entry.record.length : entry.body.length + 16),
        FRAME_BYTES + message.checkpoint.length + 34 * message.proof.length,
      );
    case 'consistency-response':
      return FRAME_BYTES + message.checkpoint.length + 34 * message.proof.length;
    default:
      return 2 * FRAME_BYTES;
  }
}
