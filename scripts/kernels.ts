// `npm run kernels`: compiles the kernels (AssemblyScript) of the index (index-service/simd/*.as) and of the protocol (protocol/crypto/*.as) to
// WebAssembly, as base64 in a folder kernels beside each. `--check` compares instead of writing; a test runs that.

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './source/arguments.ts';

const ROOT = new URL('../', import.meta.url);
const COMPILER = fileURLToPath(new URL('../node_modules/assemblyscript/bin/asc.js', import.meta.url));
const FLAGS = '-O3 --noAssert --runtime stub --importMemory --noExportMemory --outFile kernel.wasm'.split(
  ' ',
);
const LINE_CHARACTERS = 100;

interface Kernel {
  /** Folder of its source. */
  readonly folder: string;
  /** Of the compiler, for the features that it needs. */
  readonly flags: readonly string[];
}

const SIMD = ['--enable', 'simd'];
const SHARED = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];

/** Kernels by name. */
export const KERNELS = {
  embed: { folder: 'index-service/simd/', flags: SIMD },
  search: { folder: 'index-service/simd/', flags: [...SIMD, ...SHARED] },
  subgroup: { folder: 'protocol/crypto/', flags: [] },
} as const satisfies Record<string, Kernel>;

export type KernelName = keyof typeof KERNELS;

/** WebAssembly of one kernel. Throws with the compiler's words when the source has an error. */
export function compileKernel(name: KernelName): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-kernel-'));
  try {
    // The compiler takes only .ts files; ours are .as, because they are not TypeScript.
    copyFileSync(new URL(`${KERNELS[name].folder}${name}.as`, ROOT), join(folder, 'kernel.ts'));
    const run = spawnSync(process.execPath, [COMPILER, 'kernel.ts', ...FLAGS, ...KERNELS[name].flags], {
      cwd: folder,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`${name}.as does not compile: ${run.stderr}`);
    return readFileSync(join(folder, 'kernel.wasm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The TypeScript file that carries a kernel. */
export function kernelSource(name: KernelName, wasm: Uint8Array): string {
  const lines = Buffer.from(wasm)
    .toString('base64')
    .match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g'))!;
  const body = lines.map((line) => `  '${line}'`).join(' +\n');
  return `// Compiled from ../${name}.as by "npm run kernels"; never edited. ${wasm.length} bytes of WebAssembly.\n\nexport const ${name}Kernel: string =\n${body};\n`;
}

export function kernelFile(name: KernelName): URL {
  return new URL(`${KERNELS[name].folder}kernels/${name}.ts`, ROOT);
}

if (import.meta.main) {
  const { values } = readArguments(import.meta.filename, {
    options: { check: { type: 'boolean', default: false } },
  });
  for (const name of Object.keys(KERNELS) as KernelName[]) {
    const source = kernelSource(name, compileKernel(name));
    const file = kernelFile(name);
    if (!values.check) writeFileSync(file, source);
    else if (readFileSync(file, 'utf8') !== source) {
      console.error(`${name}: the compiled kernel is not that of its source; run "npm run kernels"`);
      process.exitCode = 1;
    }
  }
}
