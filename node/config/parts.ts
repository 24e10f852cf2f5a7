// Parts of the configuration schema that stand alone: what is kept for others, and whose word counts.

import Type from 'typebox';
import { FORWARD_STREAMS_MAX, SLA_CLASSES_ROUTED } from '../../protocol/forward/index.ts';
import { DEFAULT_POLICY, POLICY_NAMES } from '../../protocol/routing/index.ts';

const closed = { additionalProperties: false } as const;

export const reputationSchema = Type.Object(
  {
    floor: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1,
      description:
        'Lower bound of reputation that find asks for where the request names none. Unproven agents have 0; 0.5 asks for a history.',
    }),
    partners: Type.Array(Type.String({ maxLength: 128 }), {
      default: [],
      maxItems: 256,
      description: 'Agent ids whose experience counts beside that of the agents that live here.',
    }),
  },
  { ...closed, default: {}, description: 'How agents have kept their word, as this node sees it.' },
);

const ages = (tier: string, seconds: number) =>
  Type.Integer({
    default: seconds,
    minimum: 5,
    maximum: 31536000,
    description: `Oldest knowledge of revocations, in seconds, on which a ${tier} action is decided; older is "unknown".`,
  });

export const quarantineSchema = Type.Object(
  {
    authorities: Type.Array(Type.String({ pattern: '^zs:b[a-z2-7]{58}$' }), {
      default: [],
      maxItems: 64,
      uniqueItems: true,
      description:
        'Agents whose quarantine orders this node obeys as those of its own organisation, besides the agents that live on it.',
    }),
  },
  { ...closed, default: {}, description: 'Whose orders keep agents, nodes, modules and partners apart.' },
);

export const policySchema = Type.Object(
  {
    signers: Type.Array(Type.String({ minLength: 56, maxLength: 56 }), {
      default: [],
      maxItems: 16,
      description:
        'did:key of those who sign the first policy bundle; each bundle names who signs the next. Empty: the node signs its own.',
    }),
    threshold: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 16,
      description: 'How many of them must have signed.',
    }),
    maxAgeSeconds: Type.Object(
      { safe: ages('safe', 86_400), risky: ages('risky', 3_600), dangerous: ages('dangerous', 300) },
      { ...closed, default: {}, description: 'Freshness that each safety tier asks for.' },
    ),
    tiers: Type.Object(
      {
        run: Type.Enum(['safe', 'risky', 'dangerous'], {
          default: 'safe',
          description: 'Safety tier of running tasks of other nodes.',
        }),
        statement: Type.Enum(['safe', 'risky', 'dangerous'], {
          default: 'risky',
          description: 'Safety tier of relying on a statement.',
        }),
      },
      { ...closed, default: {}, description: 'How dangerous each action is.' },
    ),
  },
  { ...closed, default: {}, description: 'Policies and revocation gates.' },
);

export const indexSchema = Type.Object(
  {
    backend: Type.Enum(['builtin', 'hnswlib', 'zvec', 'qdrant', 'http'], {
      default: 'builtin',
      description:
        'Engine of vectors and filters of an index role: builtin, hnswlib, zvec (to be installed), qdrant, or http (a served index).',
    }),
    url: Type.String({
      default: '',
      maxLength: 1024,
      description: 'Address of its server, for qdrant and http.',
    }),
    tokenFile: Type.String({
      default: '',
      maxLength: 1024,
      description: 'File with its token or API key, readable by its owner only.',
    }),
    collection: Type.String({
      default: 'zerostate-cards',
      pattern: '^[A-Za-z0-9._-]{1,128}$',
      description: 'Collection of Qdrant. It belongs to this index alone.',
    }),
    shardByRegion: Type.Boolean({
      default: false,
      description: 'Qdrant: a shard key for each region; needs a cluster.',
    }),
  },
  { ...closed, default: {}, description: 'Where an index role keeps its vectors.' },
);

export const artifactsSchema = Type.Object(
  {
    bytesMax: Type.Integer({
      default: 2147483648,
      minimum: 1048576,
      maximum: 1099511627776,
      description: 'Bytes of artifact blocks kept at most; the least trusted and least used give way.',
    }),
    artifactBytesMax: Type.Integer({
      default: 1073741824,
      minimum: 65536,
      maximum: 1099511627776,
      description: 'Largest artifact in bytes that is added, fetched or kept for others.',
    }),
    replicate: Type.Boolean({
      default: true,
      description: 'Keep copies of what peers of the same region ask to be kept, within half of bytesMax.',
    }),
  },
  { ...closed, default: {}, description: 'Files and folders by content id.' },
);

export const logsSchema = Type.Object(
  {
    witness: Type.Enum(['peers', 'open', 'never'], {
      default: 'peers',
      description:
        'Whose log heads this node cosigns: those of logs that it holds and of nodes that ask for their own, of any node, or nobody’s.',
    }),
    witnesses: Type.Array(Type.String({ minLength: 52, maxLength: 52 }), {
      default: [],
      maxItems: 15,
      description:
        'Peer ids of the witnesses whose cosignatures count. Empty: any known peer counts, which a crowd of strangers can be.',
    }),
    quorum: Type.Integer({
      default: 2,
      minimum: 0,
      maximum: 15,
      description: 'How many of them must vouch for a head; 0 asks for none.',
    }),
    policyFile: Type.String({
      default: '',
      maxLength: 1024,
      description: 'File in the form of C2SP tlog-policy, instead of logs.witnesses and logs.quorum.',
    }),
    durability: Type.Enum(['local', 'quorum'], {
      default: 'local',
      description:
        'When a statement counts as kept, where its publisher does not say: on the own disk, or proven to be at logs.copies other nodes too.',
    }),
    copies: Type.Integer({
      default: 2,
      minimum: 1,
      maximum: 15,
      description:
        'Other nodes that must prove that they hold a statement: for "quorum", and before its body is let go here.',
    }),
    ephemeral: Type.Array(Type.String({ minLength: 1, maxLength: 256 }), {
      default: [],
      maxItems: 64,
      description:
        'Predicate types whose bodies may be let go after logs.ephemeralDays, once other nodes have proven to hold them. All else is required: kept for good.',
    }),
    ephemeralDays: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 3650,
      description: 'Age in days, by the statement’s own date, from which ephemeral bodies may be let go.',
    }),
  },
  { ...closed, default: {}, description: 'The log service: witnesses, copies, what may be let go.' },
);

const spendable = (description: string) =>
  Type.String({ default: '0', pattern: '^[0-9]{1,22}$', description });

export const relaySchema = Type.Object(
  {
    use: Type.Boolean({
      default: true,
      description: 'Keep some relays connected, and reach peers through them that cannot be dialled.',
    }),
    near: Type.Integer({
      default: 2,
      minimum: 0,
      maximum: 8,
      description: 'As an edge: relays of its own region that it keeps up.',
    }),
    far: Type.Integer({
      default: 1,
      minimum: 0,
      maximum: 8,
      description: 'As an edge: relays of other regions that it keeps up.',
    }),
    policy: Type.Enum([...POLICY_NAMES], {
      default: DEFAULT_POLICY,
      description: 'How the next hop of a stream is chosen.',
    }),
    slaClass: Type.Enum([...SLA_CLASSES_ROUTED], {
      default: 'standard',
      description: 'Class of the streams of this node: interactive, standard or bulk.',
    }),
    stayIn: Type.String({
      default: '',
      pattern: '^[a-z0-9-]{0,32}$',
      description: 'Region that the streams of this node must not leave; empty: any.',
    }),
    guild: Type.String({
      default: '',
      pattern: '^[A-Za-z0-9:._-]{0,96}$',
      description:
        'Guild in whose name the streams of this node are sent, for relays whose rules keep it within bounds; empty: nobody’s.',
    }),
    priceCeiling: Type.String({
      default: '',
      pattern: '^[0-9]{0,22}$',
      description:
        'Most that a relay may ask for a MiB, in millionths of the currency; empty: whatever it asks. Who asks in another currency is left out.',
    }),
    backbone: Type.Boolean({
      default: false,
      description: 'As a relay: be one that others fall back to when they know nothing better.',
    }),
    streamsMax: Type.Integer({
      default: 1024,
      minimum: 1,
      maximum: FORWARD_STREAMS_MAX,
      description: 'As a relay: streams forwarded at once.',
    }),
    pricePerMiB: Type.String({
      default: '0',
      pattern: '^[0-9]{1,22}$',
      description: 'As a relay: asked for each MiB, in millionths of the currency; 0: nothing.',
    }),
    currency: Type.String({
      default: '',
      pattern: '^[A-Za-z0-9._-]{0,16}$',
      description: 'Currency of the two prices.',
    }),
    pay: Type.Object(
      {
        currency: Type.String({
          default: '',
          pattern: '^[A-Za-z0-9._-]{0,16}$',
          description:
            'Currency in which this node pays relays by itself for what they carry; empty: it pays nothing by itself.',
        }),
        perRelay: spendable(
          'Most that one relay is paid by itself in a day (UTC), in millionths; 0: nothing.',
        ),
        perDay: spendable('Most that all relays are paid by themselves in a day, in millionths; 0: nothing.'),
        total: spendable(
          'Most that all relays are paid by themselves in all, since this node was made, in millionths of this currency; 0: nothing.',
        ),
      },
      { ...closed, default: {}, description: 'What this node may spend on relays by itself.' },
    ),
  },
  { ...closed, default: {}, description: 'Streams through relays.' },
);

export const guildsSchema = Type.Object(
  {
    accept: Type.Enum(['auto', 'ask', 'never'], {
      default: 'auto',
      description:
        'Invitations for the agents that live here: take the seat at once, let a person decide ("zerostate guild join"), or refuse.',
    }),
    max: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1024,
      description: 'Guilds that this node sits in at once.',
    }),
    beatMs: Type.Integer({
      default: 5000,
      minimum: 50,
      maximum: 60000,
      description:
        'Milliseconds between two signs of life of those who lead a guild; after four without one a member counts as gone.',
    }),
  },
  { ...closed, default: {}, description: 'Guilds: short-lived private rings of agents.' },
);
