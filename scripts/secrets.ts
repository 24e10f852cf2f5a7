// `npm run secrets`: looks into every file that git tracks or would add for private keys, tokens and passwords. The formats of others
// are secretlint's, ours are in scripts/supply/secret-rules.ts. It names the place and never prints the secret.

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import { readArguments } from './source/arguments.ts';
import { type Finding, REPOSITORY_ROOT, report } from './source/tree.ts';
import { secretByName, secretsIn } from './supply/secret-rules.ts';

/** A text of more is generated data; a private key at the end of it would be the first. */
const TEXT_BYTES_MAX = 2 * 1024 * 1024;
const PRESET = '@secretlint/secretlint-rule-preset-recommend';

const { positionals } = readArguments(import.meta.filename, { allowPositionals: true });
const root = positionals[0] ?? REPOSITORY_ROOT;

function filesOf(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0'))].filter((path) => path !== '');
}

async function findingsOf(path: string): Promise<Finding[]> {
  const named = secretByName(path);
  if (named !== undefined) return [{ path, message: named }];
  const file = statSync(join(root, path), { throwIfNoEntry: false });
  if (file?.isFile() !== true || file.size > TEXT_BYTES_MAX) return [];
  const content = readFileSync(join(root, path), 'utf8');
  if (content.includes('\0')) return [];
  const { messages } = await lintSource({
    source: { filePath: path, content, ext: path.slice(path.lastIndexOf('.')), contentType: 'text' },
    options: {
      config: { rules: [{ id: PRESET, rule: creator }] },
      noPhysicFilePath: true,
      maskSecrets: true,
    },
  });
  return [
    ...messages.map(({ loc, ruleId }) => ({ path, line: loc.start.line, message: `a secret, by ${ruleId}` })),
    ...secretsIn(path, content).map(({ line, what }) => ({ path, line, message: what })),
  ];
}

// secretlint marks every rule's start and end for its profile, and joins them in the square of their number: half a minute for this tree.
Object.assign(performance, { mark: () => undefined });

const paths = filesOf();
const findings: Finding[] = [];
for (const path of paths) findings.push(...(await findingsOf(path)));
report('secrets', findings, `${paths.length} files, none`);
