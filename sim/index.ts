// The simulator's door: virtual time, seeded randomness, and the models that run on them.

export { EPOCH_MS, VirtualTime } from './clock.ts';
export { type EventHandler, EventLoop, type LoopOptions, type RunBounds, type RunEnd } from './event-loop.ts';
export { runGossip } from './gossip/model.ts';
export {
  DEFAULT_SCENARIO,
  type GossipResult,
  type GossipScenario,
  gossipScenario,
} from './gossip/scenario.ts';
export { type RandomStream, randomStream } from './random.ts';
