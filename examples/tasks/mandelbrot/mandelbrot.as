// Draws the Mandelbrot set as a grey PGM picture on standard output. AssemblyScript, calling WASI without a library.

@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: u32, vectors: usize, count: u32, written: usize): u32;

@external("wasi_snapshot_preview1", "proc_exit")
declare function proc_exit(code: u32): void;

const WIDTH: i32 = 240;
const HEIGHT: i32 = 160;
const TURNS_MAX: i32 = 255;
const HEADER: string = "P5\n240 160\n255\n";

function turns(cx: f64, cy: f64): i32 {
  let x: f64 = 0;
  let y: f64 = 0;
  let count = 0;
  while (count < TURNS_MAX && x * x + y * y <= 4) {
    const next = x * x - y * y + cx;
    y = 2 * x * y + cy;
    x = next;
    count++;
  }
  return count;
}

export function _start(): void {
  const size = HEADER.length + WIDTH * HEIGHT;
  const bytes = memory.data(240 * 160 + 64);
  for (let at = 0; at < HEADER.length; at++) store<u8>(bytes + at, <u8>HEADER.charCodeAt(at));
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const cx = -2.2 + (3.2 * <f64>column) / <f64>WIDTH;
      const cy = -1.1 + (2.2 * <f64>row) / <f64>HEIGHT;
      store<u8>(bytes + HEADER.length + row * WIDTH + column, <u8>(TURNS_MAX - turns(cx, cy)));
    }
  }
  const vector = memory.data(16);
  store<usize>(vector, bytes);
  store<u32>(vector, size, 4);
  if (fd_write(1, vector, 1, vector + 8) != 0) proc_exit(1);
}
