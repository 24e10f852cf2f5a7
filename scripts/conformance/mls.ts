// RFC 9420 (MLS): the vectors of the working group, against the library that the guilds use. Only our cipher suite is checked.
// The folder is mls/ below the given one, with the files of test-vectors/ as the working group (or the openmls crate) publishes them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CiphersuiteImpl } from 'ts-mls';
import {
  checkCrypto,
  checkKeySchedule,
  checkPskSecret,
  checkSecretTree,
  checkTranscript,
} from './mls-keys.ts';
import { checkMessages, checkPassiveClient, checkProtection, checkWelcome } from './mls-messages.ts';
import { type MlsCase, mlsSuite, type Rows } from './mls-suite.ts';
import { checkTreeKem, checkTreeMath, checkTreeOperation, checkTreeValidation } from './mls-trees.ts';
import { readJson, Suite } from './suite.ts';

/** Every file with its check. */
export const MLS_FILES: Readonly<Record<string, MlsCase>> = {
  'crypto-basics': checkCrypto,
  'key-schedule': checkKeySchedule,
  'message-protection': checkProtection,
  messages: checkMessages,
  'passive-client-handling-commit': checkPassiveClient,
  'passive-client-random': checkPassiveClient,
  'passive-client-welcome': checkPassiveClient,
  psk_secret: checkPskSecret,
  'secret-tree': checkSecretTree,
  'transcript-hashes': checkTranscript,
  'tree-math': checkTreeMath,
  'tree-operations': checkTreeOperation,
  'tree-validation': checkTreeValidation,
  treekem: checkTreeKem,
  welcome: checkWelcome,
};

/** Checks the cases of one file, with the library's own crypto unless told; those of other cipher suites are skipped. */
export async function checkMlsFile(
  suite: Suite,
  name: string,
  rows: Rows[],
  using?: CiphersuiteImpl,
): Promise<void> {
  const implementation = using ?? (await mlsSuite());
  const check = MLS_FILES[name] as MlsCase;
  let skipped = 0;
  for (const [at, row] of rows.entries()) {
    if (row.cipher_suite !== undefined && row.cipher_suite !== 1) {
      skipped += 1;
      continue;
    }
    try {
      const wrong = await check(row, implementation);
      suite.check(wrong === undefined, `${name} ${at}: ${wrong}`);
    } catch (error) {
      suite.check(false, `${name} ${at}: ${(error as Error).message}`);
    }
  }
  suite.note(`${name}: ${rows.length - skipped} cases, ${skipped} of other cipher suites left out`);
}

/** The whole folder. */
export async function mls(folder: string): Promise<Suite> {
  const suite = new Suite('RFC 9420 (MLS), ts-mls');
  if (!existsSync(join(folder, 'mls'))) {
    suite.note('no folder mls/: nothing checked. The crate openmls 0.5.0 has the files, in test_vectors/');
    return suite;
  }
  for (const name of Object.keys(MLS_FILES)) {
    const path = join(folder, 'mls', `${name}.json`);
    if (existsSync(path)) await checkMlsFile(suite, name, readJson<Rows[]>(path));
    else suite.note(`${name}: no such file in the folder`);
  }
  return suite;
}
