// Strict reading of the members of signed objects. The only door of this folder.

export { Fields, type TextRule } from './fields.ts';
export * from './limits.ts';
export { timeMs, timeText } from './time.ts';
