// The one exception of the rewriter: why a module is not run. Must not: depend on the engine's wording.

export type RefusalStatus = 'MODULE_INVALID' | 'FEATURE_REFUSED' | 'IMPORT_REFUSED' | 'LIMIT_REFUSED';

/** A module that is not run, with the status that says so and a sentence for its author. */
export class Refusal extends Error {
  readonly status: RefusalStatus;
  override readonly name = 'Refusal';

  constructor(status: RefusalStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/** The bytes are not a module. */
export function invalid(message: string): Refusal {
  return new Refusal('MODULE_INVALID', message);
}

/** The module uses a proposal that this runner does not run; `feature` is its name in the WebAssembly proposals list. */
export function feature(name: string): Refusal {
  return new Refusal('FEATURE_REFUSED', `${name} is not supported`);
}

/** The module asks for more than a fixed bound of the rewriter. */
export function tooBig(message: string): Refusal {
  return new Refusal('LIMIT_REFUSED', message);
}
