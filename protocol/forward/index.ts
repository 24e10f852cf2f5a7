// Streams that relays pass on: the header and answer of each hop, and the frames of a link whose ends are sealed against the hops.

export { AROUND_MAX, goingRound } from './around.ts';
export {
  decodeHeader,
  encodeHeader,
  type ForwardHeader,
  isPeerText,
  SLA_CLASSES_ROUTED,
} from './header.ts';
export * from './limits.ts';
export {
  ackFrame,
  bareFrame,
  dataHead,
  GREETING_FRAME_BYTES,
  type Greeting,
  greetingFrame,
  LinkDecoder,
  type LinkFrame,
  readGreeting,
} from './link-frames.ts';
export { Outbox } from './outbox.ts';
export { decodeReply, encodeReply, type ForwardReply } from './reply.ts';
