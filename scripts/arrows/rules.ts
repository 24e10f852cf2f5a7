// The walls of the house as data: which room may import which, where each room's public doors are, and what the pure
// rooms may not touch. The design is docs/adr/0002-rooms-and-arrows.md.

/** Rooms that each room may import, besides itself. */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  'index-service': ['protocol'],
  'wasm-runner': ['protocol'],
  node: ['protocol', 'index-service', 'wasm-runner'],
  relay: ['protocol', 'node'],
  bootstrap: ['protocol', 'node'],
  sim: ['protocol', 'node'],
};

/** Folders outside the rooms that compose or examine them: they may import every room. */
export const COMPOSERS: ReadonlySet<string> = new Set(['bin', 'test', 'scripts']);

/** Tests and scripts look inside rooms on purpose; everybody else enters by a door. */
export const INSIDERS: ReadonlySet<string> = new Set(['test', 'scripts']);

/** Rooms whose folders are doors too (`<room>/<folder>/index.ts`). */
const FOLDER_DOORS: ReadonlySet<string> = new Set(['protocol', 'node']);

/** Doors that are not an index file. The settings of gossip alone: models of it go by them and need no libp2p. */
const EXTRA_DOORS: ReadonlySet<string> = new Set(['protocol/verified.ts', 'node/gossip/options.ts']);

/** True when a file of a room may be imported from outside that room. */
export function isDoor(path: string): boolean {
  const [room, ...rest] = path.split('/');
  const inner = rest.join('/');
  if (inner === 'index.ts' || inner === 'cli/index.ts' || EXTRA_DOORS.has(path)) return true;
  return FOLDER_DOORS.has(room!) && /^[^/]+\/index\.ts$/.test(inner);
}

/** The one file of protocol/ that may import node: modules. */
export const NATIVE_PORT = 'protocol/crypto/native.ts';

/** Packages that protocol/ may import: pure computation, no I/O, and they run in a browser. */
export const PURE_PACKAGES: ReadonlySet<string> = new Set([
  '#crypto',
  '@ipld/dag-cbor',
  '@noble/ciphers',
  '@noble/curves',
  '@noble/hashes',
  '@noble/post-quantum',
  'canonicalize',
  'fflate',
  'cborg',
  'multiformats',
  'typebox',
]);

/** Files under these prefixes may read nothing of the outside world: time, entropy and I/O come in as arguments. */
export const PURE_PREFIXES: readonly string[] = ['protocol/'];

/** Under these, the wall clock and ambient randomness are banned, but I/O is not. */
export const VIRTUAL_TIME_PREFIXES: readonly string[] = ['sim/'];

/** Exceptions to VIRTUAL_TIME_PREFIXES: the command line may time itself; what puts virtual time in the place of the machine's must name it. */
export const VIRTUAL_TIME_EXCEPTIONS: readonly string[] = ['sim/cli/', 'sim/real/'];

/** Browser code: it may import only its own folder, because the console speaks to the HTTP API alone. */
export const CONSOLE_PREFIX = 'node/console/static/';

/** The one file that may import by a computed name: packages that are no dependency, and never a file of ours. */
export const OPTIONAL_PACKAGE_LOADER = 'index-service/backend/optional-package.ts';
