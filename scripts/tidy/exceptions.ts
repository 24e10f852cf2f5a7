// Source files that may be larger than SOURCE_BYTES_MAX. Each has its own bound and a reason why splitting would hurt.

export interface SizeException {
  readonly bytesMax: number;
  readonly reason: string;
}

export const SIZE_EXCEPTIONS: Readonly<Record<string, SizeException>> = {};
