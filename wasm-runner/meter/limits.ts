// Fixed bounds of the rewriter. A change here can change a verdict, so it changes REWRITER_ID too.

/** Bytes of a module. The largest interpreters in use are near 30 MiB. */
export const MODULE_BYTES_MAX = 64 * 1024 * 1024;

/** Bytes of one original function body: engines stop at 7,654,321, and metering can grow a body about fourfold. */
export const FUNCTION_BYTES_MAX = 1_500_000;

/** Bytes of one rewritten function body, below the engines' 7,654,321. */
export const FUNCTION_BYTES_OUT_MAX = 7_500_000;

/** Locals of one function, parameters included, before the rewriter adds its own. Engines stop at 50,000. */
export const LOCALS_MAX = 40_000;

/** Operands on the stack of one function: a frame of this size is near the largest stack limit. */
export const HEIGHT_MAX = 262_144;

/** Nested blocks in one function: the rewriter keeps a frame each. */
export const NESTING_MAX = 20_000;

/** Types, functions, globals, exports and segments of one module. Engines stop at 1,000,000 functions. */
export const ITEMS_MAX = 900_000;

/** Parameters or results of one function type: the engines' own bound. */
export const ARITY_MAX = 1_000;

/** Elements of all tables of one instance together: 8 MiB of references on a 64-bit engine. */
export const TABLE_ELEMENTS_MAX = 1_000_000;

/** Tables of one module. Toolchains emit one. */
export const TABLES_MAX = 16;

/** Metered frame bytes under which a function that calls nothing needs no stack accounting. */
export const LEAF_FRAME_BYTES_MAX = 1_024;

/** Bytes per memory page. */
export const PAGE_BYTES = 65_536;
