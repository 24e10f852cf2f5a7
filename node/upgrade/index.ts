// Forms of the data of a home folder, and the way from an older to today's. The door of this folder.

export { DATA_FORM, FORM_UNSAID, formOfHome, writeForm } from './form.ts';
export { formOfDatabase } from './form-record.ts';
export {
  backupBefore,
  STEPS,
  type Step,
  type Upgraded,
  type UpgradeOptions,
  upgradeHome,
} from './upgrade.ts';
