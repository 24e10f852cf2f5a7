// `npm run arrows`: fails when an import breaks the walls between rooms (see scripts/arrows/rules.ts).

import { findBrokenArrows } from './arrows/arrows.ts';
import { REPOSITORY_ROOT, readTree, report } from './source/tree.ts';

const tree = readTree(process.argv[2] ?? REPOSITORY_ROOT);
report('arrows', findBrokenArrows(tree), `${tree.sources.length} files`);
