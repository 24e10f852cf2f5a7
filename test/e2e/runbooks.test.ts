// Runbooks do what they say: every command of every page is typed, in the order of the page, in an empty folder.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
  it('says of what only makes the fault for practice that it is not to be typed in earnest', () => {
    const sections = readdirSync(FOLDER).flatMap((file) =>
      readFileSync(new URL(file, FOLDER), 'utf8')
        .split(/^## /m)
        .filter((text) => text.startsWith('It happens'))
        .map((text) => [file, /For practice only: .* you type nothing of this\./.test(text)]),
    );
    assert.ok(sections.length > 2);
    assert.deepEqual(
      sections.filter(([, isSaid]) => isSaid !== true),
      [],
    );
  });
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.md')))
    it(name, () => runDocument(new URL(name, FOLDER), env));
});
