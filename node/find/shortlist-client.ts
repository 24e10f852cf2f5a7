// Gets a shortlist: from the own index, else from index nodes that the directory knows, one after another.

import { encode } from '@ipld/dag-cbor';
import { peerIdFromString } from '@libp2p/peer-id';
import { Value } from 'typebox/value';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type IndexRole, indexProtocol } from '../index-role/index-role.ts';
import type { Logger } from '../logger/index.ts';
import type { Directory } from '../network/directory.ts';
import { decodeCbor } from '../rpc/cbor.ts';
import type { Rpc } from '../rpc/index.ts';
import { type Shortlist, type ShortlistRequest, shortlistSchema } from './schema.ts';

/** Index nodes asked before giving up. */
const TRIES_MAX = 3;
const TRY_MS = 4_000;

/** A shortlist, who gave it, and which index nodes failed to. */
export interface ShortlistAnswer extends Shortlist {
  readonly from: string;
  readonly missing: string[];
}

export interface ShortlistDeps {
  readonly rpc: Rpc;
  readonly directory: Directory;
  readonly log: Logger;
  readonly network: string;
  readonly own: IndexRole | undefined;
  /** Own peer id text. */
  readonly self: string;
}

/** Asks indexes. */
export class ShortlistClient {
  readonly #deps: ShortlistDeps;

  constructor(deps: ShortlistDeps) {
    this.#deps = deps;
  }

  /** Throws NO_INDEX when no index answers. */
  async ask(request: ShortlistRequest): Promise<ShortlistAnswer> {
    const { own, self, directory, network, rpc, log } = this.#deps;
    if (own !== undefined) return { ...(await own.shortlist(request)), from: self, missing: [] };
    const missing: string[] = [];
    for (const node of indexNodes(directory).slice(0, TRIES_MAX)) {
      try {
        const bytes = await rpc.call(peerIdFromString(node.peerId), indexProtocol(network), encode(request), {
          timeoutMs: TRY_MS,
        });
        const answer = decodeCbor(bytes, 'the shortlist');
        if (!Value.Check(shortlistSchema, answer)) throw new ZeroError('DECODE_FAILED', 'not a shortlist');
        return { ...answer, from: node.peerId, missing };
      } catch (error) {
        log.warn({ peer: node.peerId, error: (error as Error).message }, 'index node did not answer');
        missing.push(node.name);
      }
    }
    throw new ZeroError(
      'NO_INDEX',
      missing.length === 0
        ? 'no index node is known yet'
        : `index nodes did not answer: ${missing.join(', ')}`,
    );
  }
}

/** Fresh index nodes, nearest (by measured round trip) first. */
function indexNodes(directory: Directory) {
  const rtt = new Map(
    directory.self().links.map((link) => [link.peer, link.rttMs ?? Number.MAX_SAFE_INTEGER]),
  );
  return directory
    .nodes()
    .filter((node) => node.roles.includes('index') && directory.isFresh(node))
    .sort(
      (a, b) =>
        (rtt.get(a.peerId) ?? Number.MAX_SAFE_INTEGER) - (rtt.get(b.peerId) ?? Number.MAX_SAFE_INTEGER),
    );
}
