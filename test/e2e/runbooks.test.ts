// Runbooks do what they say: every command of every page is typed, in the order of the page, in an empty folder.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORM_UNSAID } from '../../node/upgrade/index.ts';
import { runDocument } from '../support/document.ts';
import { openOldHome } from '../support/old-home.ts';

const FOLDER = new URL('../../docs/runbooks/', import.meta.url);

describe('the runbook', function () {
  this.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'zerostate-runbooks-'));
  const env = { OLD_HOME: join(folder, 'old') };
  before(() => openOldHome(FORM_UNSAID, env.OLD_HOME));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.md')))
    it(name, () => runDocument(new URL(name, FOLDER), env));
});
