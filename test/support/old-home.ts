// Home folders that earlier versions left behind, kept in test/data without their keys: the keys follow from a sentence, and are written when
// a test needs them. They are no secret, and of no node that runs anywhere. As a program it makes such a folder:
//   node test/support/old-home.ts FOLDER

import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeConfig } from '../../node/config/index.ts';
import { runNode } from '../../node/index.ts';
import { writeSecretFile } from '../../node/keys/key-file.ts';
import { draft } from './nodes.ts';

const DATA = join(import.meta.dirname, '../data');
/** What LevelDB writes for people, and its lock. */
const LEFT_OUT = /\/(?:LOG|LOG\.old|LOCK)$/;

/** Cards that the old node had published. */
export const OLD_CARDS = ['Elder', 'Younger'];

/** The key of the node that the folder was of. */
export async function writeOldKey(home: string): Promise<void> {
  const seed = createHash('sha256').update('zerostate test data: the node of an old home folder').digest();
  await writeSecretFile(join(home, 'keys/node.key'), `${seed.toString('base64')}\n`);
}

/** A copy of the stored folder of a form, with the key of its node. */
export async function openOldHome(form: number, home: string): Promise<void> {
  cpSync(join(DATA, `home-form-${form}`), home, { recursive: true });
  await writeOldKey(home);
}

/** Makes a folder of today's form. */
async function make(target: string): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'zerostate-old-home-'));
  await writeOldKey(home);
  const config = completeConfig({ name: 'old', network: 'test', api: { port: 0 }, log: { level: 'silent' } });
  const running = await runNode({ home, config });
  for (const name of OLD_CARDS) await running.node.cards.publish(draft(name));
  await running.stop();
  const filter = (path: string) => !LEFT_OUT.test(path);
  cpSync(join(home, 'db'), join(target, 'db'), { recursive: true, filter });
  rmSync(home, { recursive: true });
}

if (import.meta.main) await make(process.argv[2] as string);
