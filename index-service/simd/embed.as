// Arithmetic of the sentence embedder in 128-bit SIMD. AssemblyScript, compiled to kernels/embed.ts by scripts/kernels.ts.
// Knows matrices and rows only; what they mean is in embed/use-lite. Addresses are byte offsets given by the caller, who
// has checked them: nothing here allocates.
//
// Weights are int8 with one scale per output, activations int16 with one scale per row: the products are exact in int32
// (1,536 x 127 x 8,191 < 2^31), so every machine computes the same bits.

/** Largest quantised activation: keeps the sum of 1,536 products inside int32. */
const ACTIVATION_MAX: f32 = 8191;

/** First byte behind this module's own constants. */
export function heapBase(): usize {
  return __heap_base;
}

// @ts-ignore: decorator
@inline
function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** Row of float32 to int16; returns the factor that turns an int16 back. */
function quantiseRow(x: usize, width: i32, out: usize): f32 {
  let top = f32x4.splat(0);
  for (let i = 0; i < width; i += 4) {
    top = f32x4.max(top, f32x4.abs(v128.load(x + ((<usize>i) << 2))));
  }
  const largest = max<f32>(
    max<f32>(f32x4.extract_lane(top, 0), f32x4.extract_lane(top, 1)),
    max<f32>(f32x4.extract_lane(top, 2), f32x4.extract_lane(top, 3)),
  );
  const factor: f32 = largest > 0 ? ACTIVATION_MAX / largest : 0;
  const by = f32x4.splat(factor);
  for (let i = 0; i < width; i += 8) {
    const at = x + ((<usize>i) << 2);
    const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), by)));
    const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at, 16), by)));
    v128.store(out + ((<usize>i) << 1), i16x8.narrow_i32x4_s(low, high));
  }
  return largest / ACTIVATION_MAX;
}

/** Quantises rows as they are. */
export function quantise(x: usize, rows: i32, width: i32, out: usize, scales: usize): void {
  for (let r = 0; r < rows; r++) {
    store<f32>(
      scales + ((<usize>r) << 2),
      quantiseRow(x + (<usize>(r * width) << 2), width, out + (<usize>(r * width) << 1)),
    );
  }
}

/** Layer norm (mean 0, variance 1, times gain, plus bias), then quantisation. `scratch` holds one row of float32. */
export function normQuantise(
  x: usize,
  rows: i32,
  width: i32,
  gain: usize,
  bias: usize,
  scratch: usize,
  out: usize,
  scales: usize,
): void {
  const share: f32 = 1.0 / <f32>width;
  const bytes = (<usize>width) << 2;
  for (let r = 0; r < rows; r++) {
    const row = x + <usize>r * bytes;
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) sum = f32x4.add(sum, v128.load(row + i));
    const mean = f32x4.splat(sumLanes(sum) * share);
    let square = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const d = f32x4.sub(v128.load(row + i), mean);
      square = f32x4.add(square, f32x4.mul(d, d));
    }
    const by = f32x4.splat(1.0 / sqrt<f32>(sumLanes(square) * share + 1e-6));
    for (let i: usize = 0; i < bytes; i += 16) {
      const centred = f32x4.mul(f32x4.sub(v128.load(row + i), mean), by);
      v128.store(scratch + i, f32x4.add(f32x4.mul(centred, v128.load(gain + i)), v128.load(bias + i)));
    }
    store<f32>(
      scales + ((<usize>r) << 2),
      quantiseRow(scratch, width, out + (<usize>(r * width) << 1)),
    );
  }
}

// @ts-ignore: decorator
@inline
function finish(sum: v128, factor: v128, bias: v128, at: usize, mode: i32): void {
  let value = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sum), factor), bias);
  if (mode == 1) value = f32x4.max(value, f32x4.splat(0));
  else if (mode == 2) value = f32x4.add(value, v128.load(at));
  v128.store(at, value);
}

/**
 * out = x W + bias for quantised rows. Weights are packed in blocks of 8 outputs; inside a block each 16 bytes hold two
 * inputs of the 8 outputs, so that one multiply-add serves 4 outputs. mode: 0 plain, 1 negative values become 0, 2 added
 * to what `out` holds.
 */
export function dense(
  x: usize,
  xScales: usize,
  rows: i32,
  inputs: i32,
  weights: usize,
  wScales: usize,
  bias: usize,
  outputs: i32,
  out: usize,
  mode: i32,
): void {
  const rowBytes = (<usize>inputs) << 1;
  const outBytes = (<usize>outputs) << 2;
  const blockBytes = (<usize>inputs) << 3;
  for (let o = 0; o < outputs; o += 8) {
    const block = weights + (<usize>(o >> 3)) * blockBytes;
    const end = block + blockBytes;
    const column = (<usize>o) << 2;
    const w0s = v128.load(wScales + column);
    const w1s = v128.load(wScales + column, 16);
    const b0 = v128.load(bias + column);
    const b1 = v128.load(bias + column, 16);
    let r = 0;
    for (; r + 4 <= rows; r += 4) {
      let x0 = x + <usize>r * rowBytes;
      const x1 = rowBytes;
      const x2 = rowBytes << 1;
      const x3 = x1 + x2;
      let a00 = i32x4.splat(0);
      let a01 = i32x4.splat(0);
      let a10 = i32x4.splat(0);
      let a11 = i32x4.splat(0);
      let a20 = i32x4.splat(0);
      let a21 = i32x4.splat(0);
      let a30 = i32x4.splat(0);
      let a31 = i32x4.splat(0);
      for (let w = block; w < end; w += 16) {
        const w0 = v128.load_ext<i8>(w);
        const w1 = v128.load_ext<i8>(w, 8);
        let v = v128.load_splat<i32>(x0);
        a00 = i32x4.add(a00, i32x4.dot_i16x8_s(w0, v));
        a01 = i32x4.add(a01, i32x4.dot_i16x8_s(w1, v));
        v = v128.load_splat<i32>(x0 + x1);
        a10 = i32x4.add(a10, i32x4.dot_i16x8_s(w0, v));
        a11 = i32x4.add(a11, i32x4.dot_i16x8_s(w1, v));
        v = v128.load_splat<i32>(x0 + x2);
        a20 = i32x4.add(a20, i32x4.dot_i16x8_s(w0, v));
        a21 = i32x4.add(a21, i32x4.dot_i16x8_s(w1, v));
        v = v128.load_splat<i32>(x0 + x3);
        a30 = i32x4.add(a30, i32x4.dot_i16x8_s(w0, v));
        a31 = i32x4.add(a31, i32x4.dot_i16x8_s(w1, v));
        x0 += 4;
      }
      let at = out + <usize>r * outBytes + column;
      let s = f32x4.splat(load<f32>(xScales + ((<usize>r) << 2)));
      finish(a00, f32x4.mul(w0s, s), b0, at, mode);
      finish(a01, f32x4.mul(w1s, s), b1, at + 16, mode);
      at += outBytes;
      s = f32x4.splat(load<f32>(xScales + ((<usize>r) << 2), 4));
      finish(a10, f32x4.mul(w0s, s), b0, at, mode);
      finish(a11, f32x4.mul(w1s, s), b1, at + 16, mode);
      at += outBytes;
      s = f32x4.splat(load<f32>(xScales + ((<usize>r) << 2), 8));
      finish(a20, f32x4.mul(w0s, s), b0, at, mode);
      finish(a21, f32x4.mul(w1s, s), b1, at + 16, mode);
      at += outBytes;
      s = f32x4.splat(load<f32>(xScales + ((<usize>r) << 2), 12));
      finish(a30, f32x4.mul(w0s, s), b0, at, mode);
      finish(a31, f32x4.mul(w1s, s), b1, at + 16, mode);
    }
    for (; r < rows; r++) {
      let x0 = x + <usize>r * rowBytes;
      let a0 = i32x4.splat(0);
      let a1 = i32x4.splat(0);
      for (let w = block; w < end; w += 16) {
        const v = v128.load_splat<i32>(x0);
        a0 = i32x4.add(a0, i32x4.dot_i16x8_s(v128.load_ext<i8>(w), v));
        a1 = i32x4.add(a1, i32x4.dot_i16x8_s(v128.load_ext<i8>(w, 8), v));
        x0 += 4;
      }
      const at = out + <usize>r * outBytes + column;
      const s = f32x4.splat(load<f32>(xScales + ((<usize>r) << 2)));
      finish(a0, f32x4.mul(w0s, s), b0, at, mode);
      finish(a1, f32x4.mul(w1s, s), b1, at + 16, mode);
    }
  }
}

/**
 * Scaled dot-product attention of one text: rows of query | key | value (each `width` wide) to rows of `width`.
 * `scores` holds one float32 per token.
 */
export function attend(
  qkv: usize,
  tokens: i32,
  width: i32,
  heads: i32,
  scores: usize,
  out: usize,
): void {
  const size = <usize>(width / heads) << 2;
  const stride = (<usize>(width * 3)) << 2;
  const keys = (<usize>width) << 2;
  const by: f32 = 1.0 / sqrt<f32>(<f32>(width / heads));
  for (let h = 0; h < heads; h++) {
    const head = qkv + <usize>h * size;
    for (let t = 0; t < tokens; t++) {
      const query = head + <usize>t * stride;
      let top: f32 = -Infinity;
      for (let s = 0; s < tokens; s++) {
        const key = head + keys + <usize>s * stride;
        let a = f32x4.splat(0);
        let b = f32x4.splat(0);
        for (let i: usize = 0; i < size; i += 32) {
          a = f32x4.add(a, f32x4.mul(v128.load(query + i), v128.load(key + i)));
          b = f32x4.add(b, f32x4.mul(v128.load(query + i, 16), v128.load(key + i, 16)));
        }
        const score = sumLanes(f32x4.add(a, b)) * by;
        store<f32>(scores + ((<usize>s) << 2), score);
        if (score > top) top = score;
      }
      let sum: f32 = 0;
      for (let s = 0; s < tokens; s++) {
        const share = NativeMathf.exp(load<f32>(scores + ((<usize>s) << 2)) - top);
        store<f32>(scores + ((<usize>s) << 2), share);
        sum += share;
      }
      const target = out + <usize>t * keys + <usize>h * size;
      for (let i: usize = 0; i < size; i += 16) v128.store(target + i, f32x4.splat(0));
      for (let s = 0; s < tokens; s++) {
        const share = f32x4.splat(load<f32>(scores + ((<usize>s) << 2)) / sum);
        const value = head + keys + keys + <usize>s * stride;
        for (let i: usize = 0; i < size; i += 16) {
          v128.store(target + i, f32x4.add(v128.load(target + i), f32x4.mul(share, v128.load(value + i))));
        }
      }
    }
  }
}

/** Mean of rows. */
export function meanRows(x: usize, rows: i32, width: i32, out: usize): void {
  const bytes = (<usize>width) << 2;
  const by = f32x4.splat(1.0 / <f32>rows);
  for (let i: usize = 0; i < bytes; i += 16) {
    let sum = f32x4.splat(0);
    for (let r = 0; r < rows; r++) sum = f32x4.add(sum, v128.load(x + <usize>r * bytes + i));
    v128.store(out + i, f32x4.mul(sum, by));
  }
}
