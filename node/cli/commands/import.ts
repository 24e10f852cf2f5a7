// zerostate import: documents of other worlds (A2A, MCP, OCI, SBOM, SLSA, agent directories), audited before anything is done with them.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { publicKeyOfPem } from '../../../protocol/attestation/index.ts';
import { toBase64 } from '../../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { AUDIT_BYTES_MAX, type Audit, auditFile } from '../audit/index.ts';
import { ApiClient } from '../client.ts';
import { plain, print, runAction, style } from '../output.ts';
import { readBounded } from '../read-file.ts';
import { type ClientFlags, withTarget } from '../shared-flags.ts';
import { collect } from './prov-add.ts';

interface ImportFlags extends ClientFlags {
  audit?: boolean;
  key: string[];
  region: string;
  drafts: string;
}

/** Digests that a node is asked about: as many as one question takes. */
const ASKED_MAX = 16;

export function registerImport(program: Command): void {
  withTarget(
    program
      .command('import')
      .description('audit documents of other worlds (A2A, MCP, OCI, SBOM, SLSA), and join what they say')
      .argument('<files...>', 'A2A cards, MCP server.json or tools/list, OCI manifests, SBOMs, attestations'),
  )
    .option('--audit', 'only say what would be joined, what is missing and the risks')
    .option('--key <file>', 'PEM key of who may have signed; may be repeated', collect, [])
    .option('--region <region>', 'region of the agents in the drafts', 'local')
    .option('--drafts <folder>', 'where card drafts of agents are written', '.')
    .addHelpText(
      'after',
      `
Without --audit, attestations are added to the node's provenance and agents become card drafts; nothing is published.

Examples:
  $ zerostate import --audit agent-card.json image.json sbom.cdx.json provenance.intoto.jsonl
  $ zerostate import provenance.intoto.jsonl --key builder.pem
  $ zerostate import agent-card.json --drafts ./cards`,
    )
    .action(async (files: string[], flags: ImportFlags) => {
      await runAction(flags, async () => run(files, flags));
    });
}

async function run(files: readonly string[], flags: ImportFlags): Promise<void> {
  const pems = await Promise.all(
    flags.key.map(async (path) => Buffer.from(await readBounded(path, AUDIT_BYTES_MAX)).toString()),
  );
  const trust = { keys: pems.map(publicKeyOfPem) };
  const audits: Audit[] = [];
  for (const file of files)
    audits.push(
      ...auditFile(file, await readBounded(file, AUDIT_BYTES_MAX), { region: flags.region, trust }),
    );
  const links = linksOf(audits);
  const known = await knownAt(audits, flags);
  const done = flags.audit === true ? [] : await joinAll(audits, pems, flags);
  print(flags, { audits, links, known, done }, () => describe(audits, links, known, done));
}

/** Digests that more than one document speaks of: there they are joined. */
function linksOf(audits: readonly Audit[]): { digest: string; files: string[] }[] {
  const files = new Map<string, Set<string>>();
  for (const { digests, file } of audits)
    for (const digest of digests) files.set(digest, (files.get(digest) ?? new Set()).add(file));
  return [...files]
    .filter(([, names]) => names.size > 1)
    .map(([digest, names]) => ({ digest, files: [...names] }));
}

/** Of which digests a running node knows something already; null when there is none to ask. */
async function knownAt(audits: readonly Audit[], flags: ImportFlags): Promise<string[] | null> {
  try {
    const client = await ApiClient.connect(flags);
    const known: string[] = [];
    const digests = [...new Set(audits.flatMap((one) => one.digests))].slice(0, ASKED_MAX);
    for (const digest of digests) {
      const rows = await client.lines<{ kind: string }>('/v1/provenance/query', {
        start: [digest],
        depth: 0,
        limit: 1,
      });
      if (rows.some(({ kind }) => kind === 'statement')) known.push(digest);
    }
    return known;
  } catch (error) {
    if (flags.audit === true && isZeroError(error)) return null;
    throw error;
  }
}

/** Adds the attestations to the node, and writes a draft for each agent. Answers what was done. */
async function joinAll(
  audits: readonly Audit[],
  keys: readonly string[],
  flags: ImportFlags,
): Promise<string[]> {
  const client = await ApiClient.connect(flags);
  const done: string[] = [];
  for (const { draft, name } of audits) {
    if (draft === undefined) continue;
    await mkdir(flags.drafts, { recursive: true });
    const safe =
      name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '') || 'agent';
    const path = join(flags.drafts, `${safe}.card.yaml`);
    await writeFile(path, stringify(draft), { flag: 'wx' }).catch((cause: unknown) => {
      throw new ZeroError('ALREADY_EXISTS', `${path} cannot be written`, {
        cause,
        hint: 'Choose another folder with --drafts.',
      });
    });
    done.push(`wrote ${path}`);
  }
  const attested = audits.filter(({ kind }) => /SLSA|SBOM|VEX/.test(kind)).map(({ file }) => file);
  for (const file of new Set(attested)) {
    const attestation = toBase64(await readBounded(file, AUDIT_BYTES_MAX));
    const { added } = await client.post<{ added: { digest: string }[] }>('/v1/provenance', {
      attestation,
      keys,
    });
    done.push(...added.map(({ digest }) => `added ${digest} of ${file}`));
  }
  return done;
}

function describe(
  audits: readonly Audit[],
  links: readonly { digest: string; files: string[] }[],
  known: readonly string[] | null,
  done: readonly string[],
): string {
  const part = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [`  ${style.bold(title)}`, ...lines.map((line) => `    ${plain(line)}`)];
  return [
    ...audits.flatMap((one) => [
      `${style.bold(plain(one.name))}  ${one.kind}  ${style.dim(plain(one.file))}`,
      ...part('would join', one.joins),
      ...part('missing', one.missing),
      ...part('risks', one.risks),
      `  ${style.bold('next')}  ${plain(one.next)}`,
      '',
    ]),
    ...links.map(({ digest, files }) => `${plain(digest)} joins ${files.map(plain).join(', ')}`),
    known === null
      ? 'Not compared with what is known: no node runs here.'
      : `${known.length} of the artifacts are known at the node already${known.length === 0 ? '' : `: ${known.join(', ')}`}.`,
    ...done.map(plain),
    ...(done.length === 0 ? ['Nothing was changed.'] : []),
  ].join('\n');
}
