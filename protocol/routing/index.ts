// Routing: which neighbour takes a packet or stream next. Pure: no clock, no randomness, no network of its own. The only door
// of this folder.

export * from './limits.ts';
export type * from './ports.ts';
