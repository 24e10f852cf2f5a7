// What a check of a node found: in order, odd, or wrong, with its cause and what to do.

/** One finding. `remedy` is empty when nothing is to be done. */
export interface Finding {
  readonly check:
    | 'versions'
    | 'home'
    | 'keys'
    | 'starts'
    | 'disk'
    | 'files'
    | 'ports'
    | 'node'
    | 'clock'
    | 'nat'
    | 'boot'
    | 'peers';
  readonly state: 'ok' | 'warn' | 'fail';
  readonly finding: string;
  readonly cause: string;
  readonly remedy: string;
}

type Check = Finding['check'];

export const ok = (check: Check, finding: string): Finding => ({
  check,
  state: 'ok',
  finding,
  cause: '',
  remedy: '',
});
export const warn = (check: Check, finding: string, cause: string, remedy: string): Finding => ({
  check,
  state: 'warn',
  finding,
  cause,
  remedy,
});
export const fail = (check: Check, finding: string, cause: string, remedy: string): Finding => ({
  check,
  state: 'fail',
  finding,
  cause,
  remedy,
});
