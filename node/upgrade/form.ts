// Which form the data of a home folder has: a number in a file, read before anything is opened. Every command may ask, so nothing here needs
// the database.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { writeSecretFile } from '../keys/key-file.ts';
import { VERSION } from '../version.ts';

/** The form that this version writes. It grows by one with every change that an older version would misread. */
export const DATA_FORM = 3;
/** The form of a home folder that does not say one: those from before the first that did. */
export const FORM_UNSAID = 1;

const FILE = 'form.json';

interface FormFile {
  readonly form: number;
  /** The version that wrote here last. */
  readonly software: string;
}

async function readFormFile(home: string): Promise<FormFile | undefined> {
  try {
    const { form, software } = JSON.parse(await readFile(join(home, FILE), 'utf8')) as Partial<FormFile>;
    if (Number.isSafeInteger(form)) return { form: form as number, software: String(software).slice(0, 64) };
  } catch {
    // Not there, or not whole: the database says the same.
  }
  return undefined;
}

/** Throws DATA_NEWER for a form that this version does not know. */
export function refuseNewer(home: string, form: number, software?: string): void {
  if (form <= DATA_FORM) return;
  const by = software === undefined ? 'a newer version' : `zerostate ${software}`;
  throw new ZeroError(
    'DATA_NEWER',
    `${home} was written by ${by}: its data has form ${form}; this is zerostate ${VERSION}, which knows forms up to ${DATA_FORM}`,
    { details: { form, known: DATA_FORM } },
  );
}

/** The form of a home folder by its files, without opening or changing anything. A folder without data has today's. Throws DATA_NEWER. */
export async function formOfHome(home: string): Promise<number> {
  const said = await readFormFile(home);
  if (said === undefined) return existsSync(join(home, 'db', 'CURRENT')) ? FORM_UNSAID : DATA_FORM;
  refuseNewer(home, said.form, said.software);
  return said.form;
}

/** Says in the home folder which form its data has. Throws STORAGE_FAILED. */
export async function writeForm(home: string, form: number): Promise<void> {
  const said = await readFormFile(home);
  if (said?.form === form && said.software === VERSION) return;
  const file: FormFile = { form, software: VERSION };
  await writeSecretFile(join(home, FILE), `${JSON.stringify(file)}\n`);
}
