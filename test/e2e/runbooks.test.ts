// Runbooks do what they say: every command of every page is typed, in the order of the page, in an empty folder.

import { readdirSync } from 'node:fs';
import { runDocument } from '../support/document.ts';

const FOLDER = new URL('../../docs/runbooks/', import.meta.url);

describe('the runbook', function () {
  this.timeout(150_000);
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.md')))
    it(name, () => runDocument(new URL(name, FOLDER)));
});
