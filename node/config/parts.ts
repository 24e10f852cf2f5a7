// Parts of the configuration schema that stand alone: what is kept for others, and whose word counts.

import Type from 'typebox';

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
