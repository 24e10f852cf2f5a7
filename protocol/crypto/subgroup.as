// Membership in the prime-order subgroup of Ed25519, of an encoded point. AssemblyScript, compiled to subgroup-kernel.ts by scripts/kernels.ts.
//
// After T. Pornin, "Point-Halving and Subgroup Membership in Twisted Edwards Curves" (2022). On the Montgomery form v^2 = u(u^2 + Au + 1) the group is
// cyclic of order 8L, and (0, 0) is its one point of order two, so a point is the double of another exactly when its u is a square. It is of the
// subgroup of order L exactly when it can be halved three times. One half of it has, with r^2 = u^2 + Au + 1 and x = 2u + A +- 2r, whichever sign
// makes u*x a square, the coordinate (x - A)/2 - sqrt(u*x). Either sign of v is as good, so the point is never decompressed.
//
// A number is nine limbs of 29 bits in 64-bit words, each a little over 2^29 at most, with 2^261 = 1216 modulo p = 2^255 - 19. Nothing here is secret:
// time may depend on the input. Numbers lie at fixed addresses; nothing allocates.

const LIMB_BITS: u64 = 29;
const LIMB: u64 = 0x1fffffff;
const TOP_BITS: u64 = 23;
const TOP: u64 = 0x7fffff;
const WRAP: u64 = 1216;
const A: u64 = 486662;

// Addresses: the encoding, constants, variables.
const INPUT: usize = 0;
const ROOT_OF_MINUS_ONE: usize = 128;
const OTHER_OF_MINUS_I: usize = 256;
const OTHER_OF_I: usize = 384;
const HALF: usize = 512;
const ZERO: usize = 640;
const ONE: usize = 768;
const U: usize = 896;
const R: usize = 1024;
const X: usize = 1152;
const W: usize = 1280;
const S: usize = 1408;
const T: usize = 1536;
const Y: usize = 1664;
const P0: usize = 1792;
const P1: usize = 1920;
const P2: usize = 2048;

/** Where the caller writes the 32 bytes. */
export function input(): usize {
  return INPUT;
}

// @ts-ignore: decorator
@inline
function fold(
  out: usize,
  c0: u64,
  c1: u64,
  c2: u64,
  c3: u64,
  c4: u64,
  c5: u64,
  c6: u64,
  c7: u64,
  c8: u64,
  c9: u64,
  c10: u64,
  c11: u64,
  c12: u64,
  c13: u64,
  c14: u64,
  c15: u64,
  c16: u64,
): void {
  let carry: u64 = 0;
  carry = c0 >> LIMB_BITS;
  c0 &= LIMB;
  c1 += carry;
  carry = c1 >> LIMB_BITS;
  c1 &= LIMB;
  c2 += carry;
  carry = c2 >> LIMB_BITS;
  c2 &= LIMB;
  c3 += carry;
  carry = c3 >> LIMB_BITS;
  c3 &= LIMB;
  c4 += carry;
  carry = c4 >> LIMB_BITS;
  c4 &= LIMB;
  c5 += carry;
  carry = c5 >> LIMB_BITS;
  c5 &= LIMB;
  c6 += carry;
  carry = c6 >> LIMB_BITS;
  c6 &= LIMB;
  c7 += carry;
  carry = c7 >> LIMB_BITS;
  c7 &= LIMB;
  c8 += carry;
  carry = c8 >> LIMB_BITS;
  c8 &= LIMB;
  c9 += carry;
  carry = c9 >> LIMB_BITS;
  c9 &= LIMB;
  c10 += carry;
  carry = c10 >> LIMB_BITS;
  c10 &= LIMB;
  c11 += carry;
  carry = c11 >> LIMB_BITS;
  c11 &= LIMB;
  c12 += carry;
  carry = c12 >> LIMB_BITS;
  c12 &= LIMB;
  c13 += carry;
  carry = c13 >> LIMB_BITS;
  c13 &= LIMB;
  c14 += carry;
  carry = c14 >> LIMB_BITS;
  c14 &= LIMB;
  c15 += carry;
  carry = c15 >> LIMB_BITS;
  c15 &= LIMB;
  c16 += carry;
  carry = c16 >> LIMB_BITS;
  c16 &= LIMB;
  c0 += WRAP * c9;
  c1 += WRAP * c10;
  c2 += WRAP * c11;
  c3 += WRAP * c12;
  c4 += WRAP * c13;
  c5 += WRAP * c14;
  c6 += WRAP * c15;
  c7 += WRAP * c16;
  c8 += WRAP * carry;
  carry = c0 >> LIMB_BITS;
  c0 &= LIMB;
  c1 += carry;
  carry = c1 >> LIMB_BITS;
  c1 &= LIMB;
  c2 += carry;
  carry = c2 >> LIMB_BITS;
  c2 &= LIMB;
  c3 += carry;
  carry = c3 >> LIMB_BITS;
  c3 &= LIMB;
  c4 += carry;
  carry = c4 >> LIMB_BITS;
  c4 &= LIMB;
  c5 += carry;
  carry = c5 >> LIMB_BITS;
  c5 &= LIMB;
  c6 += carry;
  carry = c6 >> LIMB_BITS;
  c6 &= LIMB;
  c7 += carry;
  carry = c7 >> LIMB_BITS;
  c7 &= LIMB;
  c8 += carry;
  carry = c8 >> LIMB_BITS;
  c8 &= LIMB;
  c0 += WRAP * carry;
  store<u64>(out, c0 & LIMB);
  store<u64>(out, c1 + (c0 >> LIMB_BITS), 8);
  store<u64>(out, c2, 16);
  store<u64>(out, c3, 24);
  store<u64>(out, c4, 32);
  store<u64>(out, c5, 40);
  store<u64>(out, c6, 48);
  store<u64>(out, c7, 56);
  store<u64>(out, c8, 64);
}

/** out = a * b. Sums of nine products of limbs of up to 2^30 stay below 2^64. */
function mul(out: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a, 0);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const a4 = load<u64>(a, 32);
  const a5 = load<u64>(a, 40);
  const a6 = load<u64>(a, 48);
  const a7 = load<u64>(a, 56);
  const a8 = load<u64>(a, 64);
  const b0 = load<u64>(b, 0);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const b4 = load<u64>(b, 32);
  const b5 = load<u64>(b, 40);
  const b6 = load<u64>(b, 48);
  const b7 = load<u64>(b, 56);
  const b8 = load<u64>(b, 64);
  const c0: u64 = a0 * b0;
  const c1: u64 = a0 * b1 + a1 * b0;
  const c2: u64 = a0 * b2 + a1 * b1 + a2 * b0;
  const c3: u64 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  const c4: u64 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  const c5: u64 = a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0;
  const c6: u64 = a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0;
  const c7: u64 = a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0;
  const c8: u64 = a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0;
  const c9: u64 = a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1;
  const c10: u64 = a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2;
  const c11: u64 = a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3;
  const c12: u64 = a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4;
  const c13: u64 = a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5;
  const c14: u64 = a6 * b8 + a7 * b7 + a8 * b6;
  const c15: u64 = a7 * b8 + a8 * b7;
  const c16: u64 = a8 * b8;
  fold(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16);
}

/** out = a * a. */
function square(out: usize, a: usize): void {
  const a0 = load<u64>(a, 0);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const a4 = load<u64>(a, 32);
  const a5 = load<u64>(a, 40);
  const a6 = load<u64>(a, 48);
  const a7 = load<u64>(a, 56);
  const a8 = load<u64>(a, 64);
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  const c0: u64 = a0 * a0;
  const c1: u64 = d0 * a1;
  const c2: u64 = d0 * a2 + a1 * a1;
  const c3: u64 = d0 * a3 + d1 * a2;
  const c4: u64 = d0 * a4 + d1 * a3 + a2 * a2;
  const c5: u64 = d0 * a5 + d1 * a4 + d2 * a3;
  const c6: u64 = d0 * a6 + d1 * a5 + d2 * a4 + a3 * a3;
  const c7: u64 = d0 * a7 + d1 * a6 + d2 * a5 + d3 * a4;
  const c8: u64 = d0 * a8 + d1 * a7 + d2 * a6 + d3 * a5 + a4 * a4;
  const c9: u64 = d1 * a8 + d2 * a7 + d3 * a6 + d4 * a5;
  const c10: u64 = d2 * a8 + d3 * a7 + d4 * a6 + a5 * a5;
  const c11: u64 = d3 * a8 + d4 * a7 + d5 * a6;
  const c12: u64 = d4 * a8 + d5 * a7 + a6 * a6;
  const c13: u64 = d5 * a8 + d6 * a7;
  const c14: u64 = d6 * a8 + a7 * a7;
  const c15: u64 = d7 * a8;
  const c16: u64 = a8 * a8;
  fold(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16);
}

/** out = a^(2^times). */
function squares(out: usize, a: usize, times: i32): void {
  square(out, a);
  for (let n = 1; n < times; n++) square(out, out);
}

/** Brings limbs of up to 2^63 back to a little over 2^29. */
function carryAll(at: usize): void {
  let carry: u64 = 0;
  for (let k: usize = 0; k < 72; k += 8) {
    const limb = load<u64>(at + k) + carry;
    carry = limb >> LIMB_BITS;
    store<u64>(at + k, limb & LIMB);
  }
  const low = load<u64>(at) + WRAP * carry;
  store<u64>(at, low & LIMB);
  store<u64>(at, load<u64>(at, 8) + (low >> LIMB_BITS), 8);
}

function add(out: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < 72; k += 8) store<u64>(out + k, load<u64>(a + k) + load<u64>(b + k));
  carryAll(out);
}

/** out = a - b: with 128p added, whose limbs are above any of b. */
function sub(out: usize, a: usize, b: usize): void {
  for (let k: usize = 0; k < 72; k += 8) {
    const above = k === 0 ? 2 * (LIMB + 1) - 2 * WRAP : 2 * LIMB;
    store<u64>(out + k, load<u64>(a + k) + above - load<u64>(b + k));
  }
  carryAll(out);
}

function copy(out: usize, a: usize): void {
  memory.copy(out, a, 72);
}

/** Takes what is above 2^255 into the lowest limb, `extra` added. */
function wrapTop(at: usize, extra: u64): void {
  let carry = extra;
  for (let k: usize = 0; k < 64; k += 8) {
    const limb = load<u64>(at + k) + carry;
    carry = limb >> LIMB_BITS;
    store<u64>(at + k, limb & LIMB);
  }
  store<u64>(at, load<u64>(at, 64) + carry, 64);
}

/** The one representation below p. */
function freeze(at: usize): void {
  for (let n = 0; n < 3; n++) {
    const top = load<u64>(at, 64);
    store<u64>(at, top & TOP, 64);
    wrapTop(at, 19 * (top >> TOP_BITS));
  }
  // Below 2^255 now: p or more exactly when 19 more reach 2^255.
  copy(P2, at);
  wrapTop(P2, 19);
  if (load<u64>(P2, 64) >> TOP_BITS !== 0) {
    copy(at, P2);
    store<u64>(at, load<u64>(at, 64) & TOP, 64);
  }
}

/** a = b. Freezes both. */
function same(a: usize, b: usize): bool {
  freeze(a);
  freeze(b);
  for (let k: usize = 0; k < 72; k += 8) if (load<u64>(a + k) !== load<u64>(b + k)) return false;
  return true;
}

/** out = a^(2^252 - 3), the exponent (p - 5) / 8. `out` is not `a`. */
function power(out: usize, a: usize): void {
  square(P0, a); // 2
  squares(P1, P0, 2); // 8
  mul(P1, a, P1); // 9
  mul(P0, P0, P1); // 11
  square(P0, P0); // 22
  mul(P0, P1, P0); // 2^5 - 1
  squares(P1, P0, 5);
  mul(P0, P1, P0); // 2^10 - 1
  squares(P1, P0, 10);
  mul(P1, P1, P0); // 2^20 - 1
  squares(out, P1, 20);
  mul(P1, out, P1); // 2^40 - 1
  squares(P1, P1, 10);
  mul(P0, P1, P0); // 2^50 - 1
  squares(P1, P0, 50);
  mul(P1, P1, P0); // 2^100 - 1
  squares(out, P1, 100);
  mul(P1, out, P1); // 2^200 - 1
  squares(P1, P1, 50);
  mul(P0, P1, P0); // 2^250 - 1
  squares(P0, P0, 2);
  mul(out, P0, a); // 2^252 - 3
}

// Which root of one z^2 * a is, for z = a^((p - 5) / 8): 1 or -1 when a is a square, else I or -I.
const IS_ONE = 0;
const IS_MINUS_ONE = 1;
const IS_I = 2;
const IS_MINUS_I = 3;
const IS_ZERO = 4;

/** One of them; T is used. */
function kindOf(z: usize, a: usize): i32 {
  square(T, z);
  mul(T, T, a);
  if (same(T, ONE)) return IS_ONE;
  if (same(T, ROOT_OF_MINUS_ONE)) return IS_I;
  sub(T, ZERO, T);
  if (same(T, ONE)) return IS_MINUS_ONE;
  return same(T, ROOT_OF_MINUS_ONE) ? IS_MINUS_I : IS_ZERO;
}

/** out = sqrt(a); false when there is none. S, T are used. */
function root(out: usize, a: usize): bool {
  power(S, a);
  const kind = kindOf(S, a);
  mul(out, S, a);
  if (kind === IS_MINUS_ONE) mul(out, out, ROOT_OF_MINUS_ONE);
  return kind === IS_ONE || kind === IS_MINUS_ONE;
}

/** U becomes the coordinate of a half of the point that it is of; false when it is of none, or the point has no half. */
function halve(): bool {
  // R = sqrt(u(u + A) + 1)
  load29(Y, A);
  add(X, U, Y);
  mul(X, X, U);
  add(X, X, ONE);
  if (!root(R, X)) return false;
  // X = 2u + A + 2r, and R = 2u + A - 2r, of which exactly one makes u*x a square
  add(R, R, R);
  add(Y, Y, U);
  add(Y, Y, U);
  add(X, Y, R);
  sub(R, Y, R);
  mul(Y, U, X);
  power(S, Y);
  const kind = kindOf(S, Y);
  mul(W, S, Y);
  if (kind === IS_MINUS_ONE) mul(W, W, ROOT_OF_MINUS_ONE);
  else if (kind !== IS_ONE) {
    // The two x have the product A^2 - 4, so that the other's root follows from this power.
    mul(W, W, kind === IS_I ? OTHER_OF_I : OTHER_OF_MINUS_I);
    mul(W, W, R);
    copy(X, R);
  }
  load29(Y, A);
  sub(X, X, Y);
  mul(X, X, HALF);
  sub(U, X, W);
  return isSquare(U);
}

function isSquare(a: usize): bool {
  power(S, a);
  const kind = kindOf(S, a);
  return kind === IS_ONE || kind === IS_MINUS_ONE;
}

function load29(out: usize, value: u64): void {
  copy(out, ZERO);
  store<u64>(out, value);
}

/** Sets up the constants. To be called once. */
export function prepare(): void {
  store<u64>(ROOT_OF_MINUS_ONE, 168730800, 0);
  store<u64>(ROOT_OF_MINUS_ONE, 124836154, 8);
  store<u64>(ROOT_OF_MINUS_ONE, 200875569, 16);
  store<u64>(ROOT_OF_MINUS_ONE, 103812442, 24);
  store<u64>(ROOT_OF_MINUS_ONE, 494564084, 32);
  store<u64>(ROOT_OF_MINUS_ONE, 5021437, 40);
  store<u64>(ROOT_OF_MINUS_ONE, 472689972, 48);
  store<u64>(ROOT_OF_MINUS_ONE, 269088827, 56);
  store<u64>(ROOT_OF_MINUS_ONE, 2851620, 64);
  // sqrt(-b/I) / b and sqrt(b/I) / b, with b = A^2 - 4
  store<u64>(OTHER_OF_MINUS_I, 283942625, 0);
  store<u64>(OTHER_OF_MINUS_I, 52560051, 8);
  store<u64>(OTHER_OF_MINUS_I, 178698102, 16);
  store<u64>(OTHER_OF_MINUS_I, 299034408, 24);
  store<u64>(OTHER_OF_MINUS_I, 51424559, 32);
  store<u64>(OTHER_OF_MINUS_I, 266189761, 40);
  store<u64>(OTHER_OF_MINUS_I, 446435164, 48);
  store<u64>(OTHER_OF_MINUS_I, 208985923, 56);
  store<u64>(OTHER_OF_MINUS_I, 1868174, 64);
  store<u64>(OTHER_OF_I, 516129363, 0);
  store<u64>(OTHER_OF_I, 34945586, 8);
  store<u64>(OTHER_OF_I, 137422264, 16);
  store<u64>(OTHER_OF_I, 136837537, 24);
  store<u64>(OTHER_OF_I, 485831125, 32);
  store<u64>(OTHER_OF_I, 13438123, 40);
  store<u64>(OTHER_OF_I, 29487247, 48);
  store<u64>(OTHER_OF_I, 125657477, 56);
  store<u64>(OTHER_OF_I, 8307801, 64);
  store<u64>(HALF, 536870903, 0);
  store<u64>(HALF, 536870911, 8);
  store<u64>(HALF, 536870911, 16);
  store<u64>(HALF, 536870911, 24);
  store<u64>(HALF, 536870911, 32);
  store<u64>(HALF, 536870911, 40);
  store<u64>(HALF, 536870911, 48);
  store<u64>(HALF, 536870911, 56);
  store<u64>(HALF, 4194303, 64);
  load29(ONE, 1);
}

/** True when the 32 bytes at `input` are the canonical encoding of a point of the subgroup of order L, the identity excluded. */
export function isOfPrimeOrder(): bool {
  // y, without the sign of x
  for (let k: usize = 0; k < 9; k++) {
    const bit = 29 * k;
    const word = load<u64>(INPUT + (bit >> 3)) >> <u64>(bit & 7);
    store<u64>(Y + (k << 3), k < 8 ? word & LIMB : word & TOP);
  }
  copy(X, Y);
  freeze(X);
  for (let k: usize = 0; k < 72; k += 8) if (load<u64>(X + k) !== load<u64>(Y + k)) return false;
  // u = (1 + y)/(1 - y) = e * ((1 + y) * z)^2, with z and e of 1 - y^2; what is no square, 0 among it, has no half.
  square(X, Y);
  sub(X, ONE, X);
  power(R, X);
  const kind = kindOf(R, X);
  if (kind !== IS_ONE && kind !== IS_MINUS_ONE) return false;
  add(Y, Y, ONE);
  mul(Y, Y, R);
  square(U, Y);
  if (kind === IS_MINUS_ONE) sub(U, ZERO, U);
  return halve() && halve();
}
