// Tidy check on claims: what says that a test enforces it names a test that is there; what says that it was measured names a command that is.

import { Evidence } from '../claims/evidence.ts';
import { readClaims } from '../claims/read.ts';
import type { Finding, Tree } from '../source/tree.ts';

/** Claims without evidence, and evidence that is not there. */
export function checkClaims(tree: Tree): Finding[] {
  const evidence = new Evidence(tree);
  return readClaims(tree).flatMap(({ commands, line, path, tag, tests, text }) => {
    const finding = (message: string): Finding => ({
      path,
      line,
      message: `${tag} "${text.slice(0, 60)}": ${message}`,
    });
    const faults = [
      ...tests.map((test) => evidence.faultOfTest(test)),
      ...commands.map((command) => evidence.faultOfCommand(command)),
    ].filter((fault) => fault !== undefined);
    if (faults.length > 0) return [...new Set(faults)].map(finding);
    if (
      tag === 'ENFORCED' &&
      tests.length === 0 &&
      !commands.some((command) => /^npm run (?:conformance|check|arrows|tidy)\b/.test(command))
    )
      return [finding('no test is named beside it or in its section')];
    if (tag === 'AUDITED' && commands.length === 0)
      return [finding('no command is named beside it or in its section')];
    return text.length < 8 ? [finding('nothing is claimed')] : [];
  });
}
