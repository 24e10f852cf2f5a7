// Addresses by the network they are in: an attacker gets many addresses of one network cheaply, and few networks.

import { isIP } from 'node:net';
import type { Multiaddr } from '@multiformats/multiaddr';

/** Prefix lengths, in bits, that make two addresses one group. */
export interface GroupBits {
  readonly v4: number;
  readonly v6: number;
}

/** Groups for connections that come in: one site. */
export const SITE_BITS: GroupBits = { v4: 24, v6: 48 };
/** Groups for the routing table and for quorums: one provider, as go-libp2p counts them (/16; there ASN for v6, here /32). */
export const PROVIDER_BITS: GroupBits = { v4: 16, v6: 32 };

/** The IP address in a multiaddr, or undefined (a name, or a relayed address: its first IP is the relay's). */
export function ipOf(address: Multiaddr): string | undefined {
  const parts = address.getComponents();
  if (parts.some((part) => part.name === 'p2p-circuit')) return undefined;
  const [first] = parts;
  return first?.name === 'ip4' || first?.name === 'ip6' ? first.value : undefined;
}

/** The group of an IP address as text, for example "1.2.3.0/24". Throws a RangeError when it is no IP address. */
export function groupOf(ip: string, bits: GroupBits): string {
  const { words, width } = wordsOf(ip);
  const length = width === 8 ? bits.v4 : bits.v6;
  const masked = words.map((word, i) => {
    const kept = Math.max(0, Math.min(width, length - i * width));
    return word & ~((1 << (width - kept)) - 1);
  });
  return `${masked.map((word) => word.toString(width === 8 ? 10 : 16)).join(width === 8 ? '.' : ':')}/${length}`;
}

/** True for an address that the whole internet routes: not loopback, private, link-local, shared (RFC 6598), or reserved. */
export function isGloballyRoutable(ip: string): boolean {
  const { words, width } = wordsOf(ip);
  const [a = 0, b = 0] = words;
  if (width === 16) return (a & 0xe000) === 0x2000 && !(a === 0x2001 && b === 0x0db8);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 100 && b >= 64 && b < 128) return false;
  if (a === 169 && b === 254) return false;
  if (a === 172 && b >= 16 && b < 32) return false;
  return !(a === 192 && (b === 168 || (b === 0 && (words[2] === 0 || words[2] === 2))));
}

/** Bytes of a v4 address (also one mapped into v6), or the eight words of a v6 one. */
function wordsOf(ip: string): { words: number[]; width: 8 | 16 } {
  const family = isIP(ip);
  if (family === 4) return { words: ip.split('.').map(Number), width: 8 };
  if (family !== 6) throw new RangeError(`not an IP address: ${ip}`);
  const mapped = /^(?:0*:)*:?(?:ffff|FFFF):(\d+\.\d+\.\d+\.\d+)$/.exec(ip);
  if (mapped !== null) return wordsOf(mapped[1]!);
  const plain = ip.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    const word = (high: string, low: string) => (Number(high) * 256 + Number(low)).toString(16);
    return `${word(a, b)}:${word(c, d)}`;
  });
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const words = [...left, ...zeros, ...right].map((word) => Number.parseInt(word, 16));
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (!isMapped) return { words, width: 16 };
  return { words: words.slice(6).flatMap((word) => [word >> 8, word & 0xff]), width: 8 };
}
