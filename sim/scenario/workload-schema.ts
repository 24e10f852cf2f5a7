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
    attackShare: Type.Number({
      default: 0.002,
      minimum: 0,
      maximum: 1,
      description:
        'Share of the tasks that honest agents give to adversaries, who do them well: all their praise must pass over these.',
    }),
    days: count(30, 300, 'Days over which the tasks are spread.'),
  },
  { ...closed, description: 'Work, what is said about it, and who is believed.' },
);

const channels = Type.Object(
  {
    pairs: count(20, 10_000, 'Payment channels, each between two neighbours.'),
    perSecond: rate(20, 'Payments a second of all channels together (Poisson).'),
    cheats: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description: 'Share of the channels whose payer ends it with a state that it had given up.',
    }),
    fromSeconds: seconds(1, 'When paying begins.'),
    forSeconds: seconds(20, 'How long it lasts.'),
  },
  { ...closed, description: 'Payments between neighbours.' },
);

const routes = Type.Object(
  {
    relays: Type.Integer({ default: 12, minimum: 2, maximum: 200, description: 'Relays.' }),
    regions: Type.Integer({ default: 3, minimum: 1, maximum: 20, description: 'Regions of the relays.' }),
    edges: Type.Integer({
      default: 40,
      minimum: 2,
      maximum: 1_000,
      description: 'Nodes that ask each other.',
    }),
    homes: count(
      3,
      200,
      'Relays that an edge is connected with; 0: all of them, so that a path has one relay.',
    ),
    perSecond: rate(80, 'Requests a second of all edges together.'),
    policy: Type.String({
      default: '',
      maxLength: 64,
      description: "Routing policy; empty: the product's own.",
    }),
    against: Type.String({
      default: '',
      maxLength: 64,
      description: 'A second policy that meets the same faults and requests, for comparison.',
    }),
    healthy: Type.Boolean({ default: false, description: 'Nothing ever goes wrong with a relay.' }),
    settleSeconds: seconds(60, 'Time before anything is counted.'),
    forSeconds: seconds(300, 'Time that is counted.'),
  },
  { ...closed, description: 'Requests over relays of which some are slow, lossy, dead or lying by turns.' },
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
