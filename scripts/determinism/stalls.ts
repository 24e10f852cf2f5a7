// Preloaded into runs whose determinism is looked at: the machine stalls at random, as a busy one does. Whether the disk has answered one
// question or five when the loop comes to look must not matter. Sleeping takes no processor away from anybody.

/** Shares of the loop's turns that stall; each process takes one of them. */
const SHARES = [0, 0.01, 0.1];
/** Longest stall in milliseconds: some answers of the disk. */
const STALL_MS = 3;

const { random } = Math;
const share = SHARES[Math.floor(random() * SHARES.length)]!;
const nothing = new Int32Array(new SharedArrayBuffer(4));
const turn = globalThis.setImmediate;

globalThis.setImmediate = ((run: () => void) =>
  turn(() => {
    if (random() < share) Atomics.wait(nothing, 0, 0, random() * STALL_MS);
    run();
  })) as typeof setImmediate;
