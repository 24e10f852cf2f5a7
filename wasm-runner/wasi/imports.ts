// Joins the calls into the import object of WASI preview 1, with the type of each function.
// Must not: hold the state of a run; one import object serves all runs of a worker, one at a time.

import { LENGTH_WEIGHTS } from '../meter/schedule.ts';
import { contentCalls } from './calls-content.ts';
import { descriptorCalls } from './calls-descriptor.ts';
import { pathCalls } from './calls-path.ts';
import { pollCalls } from './calls-poll.ts';
import { processCalls } from './calls-process.ts';
import { WasiError } from './errno.ts';
import type { WasiHost } from './host.ts';

/** The only module name that a task may import from. */
export const WASI_MODULE = 'wasi_snapshot_preview1';

/** Parameters of each function: i is i32, l is i64. Every one returns i32, except proc_exit, which returns nothing. */
export const WASI_SIGNATURES: Readonly<Record<string, string>> = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'ili',
  random_get: 'ii',
  sched_yield: '',
  proc_raise: 'i',
  proc_exit: 'i',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
  fd_advise: 'illi',
  fd_allocate: 'ill',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_sync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'ill',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'il',
  fd_filestat_set_times: 'illi',
  fd_pread: 'iiili',
  fd_prestat_get: 'ii',
  fd_prestat_dir_name: 'iii',
  fd_pwrite: 'iiili',
  fd_read: 'iiii',
  fd_readdir: 'iiili',
  fd_renumber: 'ii',
  fd_seek: 'ilii',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiilli',
  path_link: 'iiiiiii',
  path_open: 'iiiiillii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
};

type Call = (host: WasiHost, ...args: never[]) => number;

const CALLS = {
  ...processCalls,
  ...descriptorCalls,
  ...contentCalls,
  ...pathCalls,
  ...pollCalls,
} as unknown as Readonly<Record<string, Call>>;

/** The import object, bound to whichever host is current. */
export class WasiImports {
  /** The run in hand; null between runs. */
  host: WasiHost | null = null;
  readonly object: WebAssembly.Imports;

  constructor() {
    const functions: Record<string, (...args: never[]) => number> = {};
    for (const name of Object.keys(WASI_SIGNATURES)) functions[name] = this.#guard(CALLS[name]!);
    this.object = { [WASI_MODULE]: functions };
  }

  /** Charges the call, turns a WasiError into its number, and lets the ends of a run pass. */
  #guard(call: Call): (...args: never[]) => number {
    return (...args) => {
      const host = this.host!;
      try {
        host.calls++;
        host.charge(LENGTH_WEIGHTS.hostCall);
        return call(host, ...args);
      } catch (error) {
        if (error instanceof WasiError) return error.errno;
        throw error;
      }
    };
  }
}
