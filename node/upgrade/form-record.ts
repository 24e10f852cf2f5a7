// The form of the data once more, as a record of the database: it goes along into every backup, and is written together with what an
// upgrade changes.

import { type Database, jsonLevel } from '../storage/index.ts';
import { refuseNewer } from './form.ts';

const LEVEL = 'home';
const KEY = 'form';

const levelOf = (db: Database) => jsonLevel<number>(db, LEVEL);

/** The form that a database says it has. Throws DATA_NEWER. */
export async function formOfDatabase(home: string, db: Database): Promise<number | undefined> {
  const form = await levelOf(db).get(KEY);
  if (form !== undefined) refuseNewer(home, form);
  return form;
}

/** The change that makes a database say it. */
export function formChange(db: Database, form: number) {
  return { type: 'put' as const, sublevel: levelOf(db) as never, key: KEY, value: form };
}
