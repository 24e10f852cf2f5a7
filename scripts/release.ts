// `npm run release -- --out FOLDER`: packs a commit twice (the bytes must agree), writes its bill of materials and its SLSA provenance, has
// a running node sign the provenance into its log, takes the proof of that as a bundle, and verifies all of it as a stranger would. It
// publishes nothing. --unsigned stops before the node; docs/how-to/release.md says how to use it.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commitOf, exportCommit, hex, scratch } from './release/pack.ts';
import { packTwice } from './release/reproduce.ts';
import { PROVENANCE_TYPE, releaseStatement } from './release/statement.ts';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';
import { execute, npm } from './supply/npm.ts';
import { sbomOf } from './supply/sbom.ts';

const { values } = readArguments(import.meta.filename, {
  options: {
    commit: { type: 'string', default: 'HEAD' },
    out: { type: 'string', default: 'build/release' },
    home: { type: 'string' },
    node: { type: 'string' },
    agent: { type: 'string' },
    unsigned: { type: 'boolean', default: false },
  },
});

async function zerostate(...args: string[]): Promise<Record<string, unknown>> {
  const program = join(REPOSITORY_ROOT, 'bin', 'zerostate.ts');
  const { code, stderr, stdout } = await execute(
    process.execPath,
    [program, ...args, '--json'],
    REPOSITORY_ROOT,
  );
  if (code !== 0) throw new Error(`zerostate ${args[0]} ${args[1]}: ${(stderr || stdout).trim()}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** Packs and describes; answers the files by what they are. */
async function build(
  out: string,
): Promise<{ base: string; archive: string; sbom: string; provenance: string; digest: string }> {
  const commit = await commitOf(REPOSITORY_ROOT, values.commit);
  using work = scratch();
  const source = join(work.path, 'source');
  await exportCommit(REPOSITORY_ROOT, commit, source);
  const packed = await packTwice(REPOSITORY_ROOT, commit);
  const { text } = await sbomOf(source, commit.time);
  const { name, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const base = join(out, `${name}-${version}`);
  const files = {
    archive: join(out, packed.file),
    sbom: `${base}.cdx.json`,
    provenance: `${base}.provenance.json`,
  };
  const statement = releaseStatement({
    name: name!,
    version: version!,
    commit,
    packed,
    lockSha256: hex('sha256', new Uint8Array(readFileSync(join(source, 'package-lock.json')))),
    sbom: { file: `${name}-${version}.cdx.json`, sha256: hex('sha256', Buffer.from(text)) },
    tools: { node: process.version.slice(1), npm: (await npm(['--version'], source)).stdout.trim() },
  });
  mkdirSync(out, { recursive: true });
  writeFileSync(files.archive, packed.bytes);
  writeFileSync(files.sbom, text);
  writeFileSync(files.provenance, `${JSON.stringify(statement, null, 2)}\n`);
  console.log(
    `built     ${files.archive} of commit ${commit.id}, twice with the same bytes\n          sha256 ${packed.sha256}`,
  );
  console.log(`described ${files.sbom} (CycloneDX, valid)\n          ${files.provenance} (SLSA provenance)`);
  return { base, ...files, digest: `sha256:${packed.sha256}` };
}

try {
  const { archive, base, digest, provenance, sbom } = await build(values.out);
  if (!values.unsigned) {
    const target = Object.entries({ home: values.home, node: values.node }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, value],
    );
    const agent = values.agent === undefined ? [] : ['--agent', values.agent];
    await zerostate('prov', 'add', provenance, ...agent, ...target);
    const bundle = `${base}.zsb`;
    await zerostate('prov', 'bundle', digest, '--depth', '0', '--out', bundle, ...target);
    const { checks } = await zerostate(
      'verify',
      bundle,
      '--of',
      archive,
      '--of',
      sbom,
      '--type',
      PROVENANCE_TYPE,
    );
    const said = (checks as { name: string; detail: string }[]).find(({ name }) => name === 'about')!.detail;
    const issuer = /zs:[a-z2-7]+/.exec(said)![0];
    console.log(
      `signed    ${bundle}: in the log of its node, verified without a network\n          by ${issuer}`,
    );
    console.log(
      `\nWho gets these files checks them with\n  zerostate verify ${bundle} --of ${archive} --of ${sbom} --by ${issuer} --type ${PROVENANCE_TYPE}`,
    );
  }
} catch (error) {
  console.error(`release: ${(error as Error).message}`);
  process.exitCode = 1;
}
