// A relay's bill: what it asks of the peer that asks for it. The peer is known by its connection, so the question is empty.

import { encode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type AgentId, requireAgentId } from '../../protocol/identity/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { RpcProtocol } from '../rpc/index.ts';

/** Asks a relay for one's bill. */
export function relayBillProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/relay-bill/1`,
    requestBytesMax: 64,
    responseBytesMax: 1_024,
    timeoutMs: 5_000,
    // Once before a payment and once after it, and whoever pays by itself does so whenever a part of the credit is used.
    perSecond: 10,
    burst: 40,
  };
}

/** What a peer has used, and what is left to pay. */
export interface RelayBill {
  /** The relay's agent that is to be paid; null: it relays for nothing. */
  readonly seller: AgentId | null;
  readonly currency: string;
  /** Bytes passed on since the relay first heard of the peer. */
  readonly up: bigint;
  readonly down: bigint;
  /** Millionths. */
  readonly price: bigint;
  readonly paid: bigint;
  /** Names what was measured and at which price: a payment refers to it. */
  readonly digest: string;
  /** Most that may be owed, in millionths; undefined: a relay of a version that does not say so. */
  readonly credit?: bigint | undefined;
}

export function encodeBill({ seller, currency, digest, ...amounts }: RelayBill): Uint8Array {
  const texts = Object.entries(amounts).map(([name, value]) => [name, String(value)]);
  return encode({ seller, currency, digest, ...Object.fromEntries(texts) });
}

function amount(value: unknown): bigint {
  if (typeof value === 'string' && /^[0-9]{1,22}$/.test(value)) return BigInt(value);
  throw new ZeroError('DECODE_FAILED', 'relay bill: an amount is not decimal text');
}

function short(value: unknown, max: number): string {
  if (typeof value === 'string' && value.length <= max) return value;
  throw new ZeroError('DECODE_FAILED', 'relay bill: a text is too long');
}

/** Reads a relay's answer. Throws DECODE_FAILED. */
export function decodeBill(bytes: Uint8Array): RelayBill {
  const { credit, currency, digest, down, paid, price, seller, up } = decodeCborMap(bytes, 'the relay bill');
  return {
    seller: seller === null ? null : requireAgentId(seller as string, 'relay bill: seller'),
    currency: short(currency, 16),
    digest: short(digest, 80),
    up: amount(up),
    down: amount(down),
    price: amount(price),
    paid: amount(paid),
    ...(credit === undefined ? {} : { credit: amount(credit) }),
  };
}
