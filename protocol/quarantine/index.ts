// Quarantine: orders to keep things apart, and what ends them. The only door of this folder.

export {
  type IsSound,
  QuarantineBook,
  type QuarantineOrder,
  type QuarantineRelease,
  type QuarantineState,
  type QuarantineVerdict,
  type Said,
} from './book.ts';
export * from './limits.ts';
