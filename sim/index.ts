// The simulator's door: virtual time, seeded randomness, scenarios, and the tiers that run them.

export { EPOCH_MS, VirtualTime } from './clock.ts';
export { type EventHandler, EventLoop, type LoopOptions, type RunBounds, type RunEnd } from './event-loop.ts';
export { type RandomStream, randomStream } from './random.ts';
export * from './run/index.ts';
export * from './scenario/index.ts';
export { tierOf, tiers } from './tiers.ts';
