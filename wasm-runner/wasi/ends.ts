// Ways in which a host call ends the run. Thrown through the guest; it cannot catch them. Must not: be shown to the guest.

/** proc_exit. */
export class ExitEnd extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The fuel does not cover a host call. The fuel global is negative. */
export class FuelEnd extends Error {}

/** stdout, stderr and the output tree together went over their bound. */
export class OutputEnd extends Error {}
