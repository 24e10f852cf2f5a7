// What lies between the nodes of a scenario: delays, losses, bandwidth, churn, partitions, clocks. Schema and type in one.

import Type from 'typebox';

const closed = { additionalProperties: false } as const;
/** Longest virtual time of a run, in seconds: thirty days. */
export const SECONDS_MAX: number = 30 * 86_400;
/** Partitions of one scenario: each is looked at for every message. */
export const PARTITIONS_MAX: number = 16;
const DELAY_MS_MAX = 60_000;

const share = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: 1, description });
const ms = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: DELAY_MS_MAX, description });
/** A time or a duration in virtual seconds. */
export const seconds = (value: number, description: string) =>
  Type.Number({ default: value, minimum: 0, maximum: SECONDS_MAX, description });

const latency = Type.Object(
  {
    minMs: ms(2, 'One-way delay between neighbours on the map, in milliseconds.'),
    maxMs: ms(150, 'One-way delay between the farthest points of the map, in milliseconds.'),
    matrixFile: Type.String({
      default: '',
      maxLength: 1024,
      description:
        'CSV file with a square matrix of one-way delays in milliseconds, relative to the scenario; nodes take its rows in turn. Empty: coordinates on a torus.',
    }),
    jitterSigma: Type.Number({
      default: 0.2,
      minimum: 0,
      maximum: 3,
      description: 'Lognormal jitter: each delay is multiplied by exp(sigma * N(0, 1)). 0: none.',
    }),
  },
  { ...closed, default: {}, description: 'How long a message takes.' },
);

const loss = Type.Object(
  {
    good: share(0, 'Probability that a message is lost while its link is good.'),
    bad: share(0.5, 'The same while its link is bad.'),
    goodSeconds: seconds(0, 'Mean time that a link stays good; 0: always.'),
    badSeconds: seconds(2, 'Mean time that a link stays bad.'),
  },
  { ...closed, default: {}, description: 'Gilbert-Elliott loss: each link is good or bad by turns.' },
);

const bandwidth = Type.Object(
  {
    upBytesPerSecond: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1e11,
      description: 'Bytes a second that a node can send; 0: without limit.',
    }),
    queueBytes: Type.Number({
      default: 1_048_576,
      minimum: 1,
      maximum: 1e9,
      description: 'Bytes that wait for a sender at most; what comes on top is lost.',
    }),
  },
  { ...closed, default: {}, description: 'How much a node can send.' },
);

const churn = Type.Object(
  {
    share: share(0, 'Share of the nodes that come and go.'),
    onSeconds: seconds(300, 'Mean time that such a node is there (exponential).'),
    offSeconds: seconds(60, 'Mean time that it is away.'),
  },
  { ...closed, default: {}, description: 'Nodes that come and go; what they stored is kept.' },
);

const partition = Type.Object(
  {
    atSeconds: seconds(10, 'When it begins.'),
    forSeconds: seconds(10, 'How long it lasts.'),
    share: share(0.5, 'Share of the nodes on the far side, chosen by the seed.'),
    direction: Type.Enum(['both', 'in', 'out'], {
      default: 'both',
      description: 'What is cut, seen from the far side: all, only what comes in, or only what goes out.',
    }),
  },
  closed,
);

const clocks = Type.Object(
  { skewMs: ms(0, 'Standard deviation of how far clocks are off, in milliseconds.') },
  { ...closed, default: {}, description: 'Clocks of the nodes.' },
);

export const topologySchema = Type.Object(
  {
    nodes: Type.Integer({ default: 200, minimum: 3, maximum: 1_000_000, description: 'Number of nodes.' }),
    degree: Type.Number({
      default: 12,
      minimum: 2,
      maximum: 64,
      description: 'Mean number of connections of a node: a ring and random chords.',
    }),
  },
  { ...closed, default: {}, description: 'Who is connected to whom.' },
);

export const networkSchema = Type.Object(
  {
    latency,
    loss,
    bandwidth,
    churn,
    partitions: Type.Array(partition, { default: [], maxItems: PARTITIONS_MAX, description: 'Cuts.' }),
    clocks,
    healSeconds: seconds(
      0,
      'From this time on nothing is lost, cut or away, and liveness must hold at the end; 0: never.',
    ),
  },
  { ...closed, default: {}, description: 'What lies between the nodes.' },
);
