// `npm run build`: the published form in dist/. Node strips no types below node_modules, so what is published is JavaScript.
// dist/ mirrors the rooms; a package.json of its own gives it the module kind and the #crypto map.

import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from './source/arguments.ts';
import { findImports } from './source/imports.ts';
import { tokenize } from './source/tokens.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';

const DIST = join(REPOSITORY_ROOT, 'dist');
/** What running code reads beside itself. */
const ASSETS = ['node/console/static', 'sim/scenarios'];

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly imports: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The path of a source file's built form. */
const built = (path: string): string => path.replace(/\.ts$/, '.js');

function compile(): void {
  const tsc = join(REPOSITORY_ROOT, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: REPOSITORY_ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the build does not compile');
}

// The compiler rewrites specifiers in .js but leaves them in .d.ts.
function rewriteDeclarations(): void {
  for (const entry of readdirSync(DIST, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.d.ts')) continue;
    const path = join(DIST, entry);
    let text = readFileSync(path, 'utf8');
    const specifiers = findImports(tokenize(text).tokens).map(({ specifier }) => specifier);
    for (const specifier of new Set(specifiers)) {
      if (specifier?.startsWith('.') && specifier.endsWith('.ts')) {
        text = text
          .replaceAll(`'${specifier}'`, `'${built(specifier)}'`)
          .replaceAll(`"${specifier}"`, `"${built(specifier)}"`);
      }
    }
    writeFileSync(path, text);
  }
}

function writeManifest(): void {
  const { name, version, imports } = JSON.parse(
    readFileSync(join(REPOSITORY_ROOT, 'package.json'), 'utf8'),
  ) as Manifest;
  const mapped = Object.entries(imports).map(([key, conditions]) => {
    const targets = Object.entries(conditions).map(([condition, target]) => [condition, built(target)]);
    return [key, Object.fromEntries(targets)];
  });
  const manifest = { name, version, private: true, type: 'module', imports: Object.fromEntries(mapped) };
  writeFileSync(join(DIST, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

readArguments(import.meta.filename, {});
rmSync(DIST, { recursive: true, force: true });
compile();
rewriteDeclarations();
writeManifest();
for (const asset of ASSETS.filter((path) => existsSync(join(REPOSITORY_ROOT, path)))) {
  cpSync(join(REPOSITORY_ROOT, asset), join(DIST, asset), { recursive: true });
}
// An archive keeps modes: they must not be those of whoever built it.
for (const entry of readdirSync(DIST, { recursive: true, withFileTypes: true }))
  chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
console.log('built dist/');
