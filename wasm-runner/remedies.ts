// What the author of a refused module can do about it. Must not: decide what is refused; change what a result or a receipt says.

import type { RefusalStatus } from './meter/index.ts';

const GUIDE = 'docs/how-to/write-a-task.md';
const BUILD_FOR_PREVIEW_1 =
  'clang --target=wasm32-wasi, rustc --target wasm32-wasip1, GOOS=wasip1 go build, tinygo -target=wasip1';

/** By the first pattern that the reason matches. */
const REMEDIES: readonly (readonly [reason: RegExp, remedy: string])[] = [
  [
    /component model/,
    `this is a component (WASI preview 2 or later), which has no deterministic form here; build a core module for preview 1 from the same source: ${BUILD_FOR_PREVIEW_1}`,
  ],
  [/^threads/, 'build without threads, atomics and shared memory (no -pthread, no wasm32-wasip1-threads)'],
  [/^exception handling/, 'build without exceptions (-fno-exceptions; in Rust panic=abort)'],
  [/^tail call/, 'build without tail calls (-mno-tail-call; in Rust -C target-feature=-tail-call)'],
  [/^relaxed SIMD/, 'build without relaxed SIMD (-mno-relaxed-simd): its results differ between processors'],
  [
    /^garbage collection|^typed function references|^stringref/,
    'a language that needs these cannot run here yet',
  ],
  [/^memory64|^table64/, 'build for 32-bit memory: wasm32, not wasm64'],
  [/^multiple memories/, 'build with one memory'],
  [
    /wasi_unstable/,
    `this was built for the interface before preview 1; build it again with a current toolchain: ${BUILD_FOR_PREVIEW_1}`,
  ],
  [
    /__wbindgen|wasm-bindgen/,
    'this was built for a web page; build a command: rustc --target wasm32-wasip1 without wasm-bindgen',
  ],
  [
    /\bsock_/,
    'tasks have no network; build without sockets and give the task its data as input files or standard input',
  ],
  [
    /\benv\./,
    `imports of "env" are functions that no library defined, or a host of its own (emscripten); link all that is called, and build for WASI: ${BUILD_FOR_PREVIEW_1}`,
  ],
  [/not a WebAssembly module/, 'give the binary form of a module; wat2wasm makes it from text'],
  [
    /"_start"/,
    `build a command, which has a main function, and not a library or reactor: ${BUILD_FOR_PREVIEW_1}`,
  ],
];

const BY_STATUS: Readonly<Record<RefusalStatus, string>> = {
  MODULE_INVALID: `build the module again; ${GUIDE} shows how`,
  FEATURE_REFUSED: `build without this feature; ${GUIDE} names what is served`,
  IMPORT_REFUSED: `import functions of WASI preview 1 only: ${BUILD_FOR_PREVIEW_1}`,
  LIMIT_REFUSED: 'ask for less, or give the job higher limits as far as they go (docs/reference/limits.md)',
};

/** What to do about a refusal, in a sentence. */
export function remedyOf(status: RefusalStatus, reason: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(reason))?.[1] ?? BY_STATUS[status];
}

/** The same for any end of a run; null for an end that is no refusal. */
export function remedyOfEnd(status: string, reason: string): string | null {
  return Object.hasOwn(BY_STATUS, status) ? remedyOf(status as RefusalStatus, reason) : null;
}
