// What the nodes of a scenario do, who among them cheats, and what is claimed of the outcome. Schema and type in one.

import Type from 'typebox';
import { seconds } from './network-schema.ts';

const closed = { additionalProperties: false } as const;
/** Kinds of adversaries in one scenario: more than there are. */
const ADVERSARIES_MAX = 16;
/** Claims of one scenario. */
const CLAIMS_MAX = 64;

const count = (value: number, maximum: number, description: string) =>
  Type.Integer({ default: value, minimum: 0, maximum, description });
const rate = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: 1_000_000, description });

const statements = Type.Object(
  {
    writers: count(20, 10_000, 'Nodes that write, chosen by the seed; each has a log.'),
    perSecond: rate(4, 'Statements a second of all writers together (Poisson).'),
    bytes: count(512, 49_152, 'Bytes of a statement.'),
    fromSeconds: seconds(1, 'When writing begins.'),
    forSeconds: seconds(20, 'How long it lasts.'),
  },
  { ...closed, description: 'Statements that writers append to their logs and publish.' },
);

const revocations = Type.Object(
  {
    count: count(5, 10_000, 'Revocations, each by another writer.'),
    fromSeconds: seconds(2, 'When the first is published.'),
    everySeconds: seconds(2, 'Time between two.'),
  },
  { ...closed, description: 'Revocations that owners publish.' },
);

const forks = Type.Object(
  {
    count: count(3, 1_000, 'Logs that sign two histories.'),
    atSeconds: seconds(5, 'When both histories are shown, each to one half of the neighbours.'),
  },
  { ...closed, description: 'Split views.' },
);

const reputation = Type.Object(
  {
    agents: count(200, 5_000, 'Agents that work for each other.'),
    tasks: count(2_000, 200_000, 'Accepted tasks among the honest ones.'),
    floor: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Lower bound that opens a door.',
    }),
    days: count(30, 300, 'Days over which the tasks are spread.'),
  },
  { ...closed, description: 'Work, what is said about it, and who is believed.' },
);

const channels = Type.Object(
  {
    pairs: count(20, 10_000, 'Payment channels between pairs of nodes.'),
    perSecond: rate(20, 'Paid tasks a second of all channels together (Poisson).'),
    cheats: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Share of channels whose payer posts a state that it had given up.',
    }),
    fromSeconds: seconds(1, 'When paying begins.'),
    forSeconds: seconds(20, 'How long it lasts.'),
  },
  { ...closed, description: 'Payments for tasks.' },
);

const routes = Type.Object(
  {
    relays: count(24, 1_000, 'Nodes that relay, chosen by the seed.'),
    perSecond: rate(200, 'Packets a second of all clients together (Poisson).'),
    bytes: count(1_024, 65_536, 'Bytes of a packet.'),
    policy: Type.String({ default: 'default', maxLength: 64, description: 'Routing policy.' }),
    fromSeconds: seconds(1, 'When sending begins.'),
    forSeconds: seconds(30, 'How long it lasts.'),
  },
  { ...closed, description: 'Packets over relays.' },
);

/** What a scenario's nodes do; a part that is absent does not happen. */
export const workloadSchema = Type.Object(
  {
    statements: Type.Optional(statements),
    revocations: Type.Optional(revocations),
    forks: Type.Optional(forks),
    reputation: Type.Optional(reputation),
    channels: Type.Optional(channels),
    routes: Type.Optional(routes),
  },
  { ...closed, default: {}, description: 'What happens; a part that is absent does not.' },
);

/** Names of the adversaries: decorators of a node's role. */
export const ADVERSARY_KINDS = [
  'sybil',
  'eclipse',
  'poisoner',
  'equivocator',
  'withholder',
  'free-rider',
  'lying-relay',
  'whitewasher',
  'colluding-raters',
] as const;

const adversary = Type.Object(
  {
    kind: Type.Enum([...ADVERSARY_KINDS], { description: 'What such a node does.' }),
    share: Type.Number({ default: 0.1, minimum: 0, maximum: 1, description: 'Share of the nodes.' }),
    intensity: Type.Number({
      default: 1,
      minimum: 0,
      maximum: 1,
      description: 'Probability that it cheats when it could.',
    }),
    targets: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 10_000,
      description: 'Honest nodes that it is after, where its kind has a victim.',
    }),
  },
  closed,
);

const claim = Type.Object(
  {
    text: Type.String({ maxLength: 300, description: 'What is claimed, as a reader says it.' }),
    metric: Type.String({ maxLength: 128, description: 'A number of the result.' }),
    sign: Type.Enum(['<=', '>='], { description: 'Which side is good.' }),
    value: Type.Number({ description: 'Bound that the mean over the seeds must keep.' }),
  },
  closed,
);

export const adversariesSchema = Type.Array(adversary, {
  default: [],
  maxItems: ADVERSARIES_MAX,
  description: 'Nodes that do not follow the protocol.',
});
export const claimsSchema = Type.Array(claim, {
  default: [],
  maxItems: CLAIMS_MAX,
  description: 'What `npm run sim:claims` holds the scenario to.',
});
