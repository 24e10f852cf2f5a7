// `npm run advisories`: asks the registry for known vulnerabilities of every package in the lock file. Fails on grave ones (--level).
// Where the registry cannot be asked it says so and passes; --strict fails then too, for a release.

import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT } from './source/tree.ts';
import { atLeast, readAudit, SEVERITIES } from './supply/advisories.ts';
import { npm } from './supply/npm.ts';

const { values } = readArguments(import.meta.filename, {
  options: {
    level: { type: 'string', default: 'high' },
    'ships-only': { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  },
});
const level = SEVERITIES.find((name) => name === values.level);
if (level === undefined) {
  console.error(`--level is one of ${SEVERITIES.join(', ')}`);
  process.exitCode = 2;
} else {
  const omit = values['ships-only'] ? ['--omit', 'dev'] : [];
  const { stderr, stdout } = await npm(['audit', '--json', '--package-lock-only', ...omit], REPOSITORY_ROOT);
  const audit = readAudit(stdout, stderr);
  if (!audit.asked) {
    console.error(`advisories: NOT CHECKED, the registry could not be asked: ${audit.why}`);
    console.error(
      '  Run it again where registry.npmjs.org can be reached, or set npm’s "registry" to one that answers audits.',
    );
    if (values.strict) process.exitCode = 1;
  } else {
    for (const { because, name, range, severity } of audit.advisories)
      console.error(`${severity.padEnd(9)} ${name} ${range}: ${because.join('; ')}`);
    const grave = atLeast(audit.advisories, level).length;
    console.log(
      `advisories: ${audit.advisories.length} packages with advisories, ${grave} of at least ${level}`,
    );
    if (grave > 0) process.exitCode = 1;
  }
}
