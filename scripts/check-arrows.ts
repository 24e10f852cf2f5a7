// `npm run arrows`: fails when an import breaks the walls between rooms (see scripts/arrows/rules.ts).

import { findBrokenArrows } from './arrows/arrows.ts';
import { readArguments } from './source/arguments.ts';
import { REPOSITORY_ROOT, readTree, report } from './source/tree.ts';

const { positionals } = readArguments(import.meta.filename, { allowPositionals: true });
const tree = readTree(positionals[0] ?? REPOSITORY_ROOT);
report('arrows', findBrokenArrows(tree), `${tree.sources.length} files`);
