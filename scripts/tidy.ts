// `npm run tidy`: the repository checked as a whole. One check per file in scripts/tidy/; add yours to the list.

import { checkGenerated } from './reference/documents.ts';
import { checkLimits } from './reference/limits.ts';
import { readArguments } from './source/arguments.ts';
import { type Finding, REPOSITORY_ROOT, readTree, report, type Tree } from './source/tree.ts';
import { checkClaims } from './tidy/claims.ts';
import { checkDead } from './tidy/dead.ts';
import { checkDependencies } from './tidy/dependencies.ts';
import { checkHeaders, checkSizes } from './tidy/files.ts';
import { checkLicences } from './tidy/licences.ts';
import { checkLinks, checkOrphans } from './tidy/links.ts';
import { checkLock } from './tidy/lock.ts';
import { checkText } from './tidy/text-rules.ts';

const CHECKS: readonly ((tree: Tree) => Finding[])[] = [
  checkText,
  checkHeaders,
  checkSizes,
  checkDead,
  checkClaims,
  checkLinks,
  checkOrphans,
  checkDependencies,
  checkLock,
  checkLicences,
  checkLimits,
  checkGenerated,
];

const { positionals } = readArguments(import.meta.filename, { allowPositionals: true });
const tree = readTree(positionals[0] ?? REPOSITORY_ROOT);
report(
  'tidy',
  CHECKS.flatMap((check) => check(tree)),
  `${tree.files.length} files, ${CHECKS.length} checks`,
);
