// Audits of documents that describe agents and tools: A2A cards, MCP servers, records of agent directories.

import { draftOfA2aCard, importA2aCard } from '../../../protocol/a2a/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../protocol/json/index.ts';
import { type Audit, shortened } from './types.ts';

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
const list = (value: JsonValue | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];
const NO_PRICE =
  'prices and a service level: a draft has none, and members without a price are asked for free work';

/** Risks of addresses that clients would call. */
function addressRisks(addresses: readonly string[]): string[] {
  return addresses.flatMap((address) => {
    if (!URL.canParse(address)) return [`${address} is not an address`];
    const { hostname, protocol } = new URL(address);
    const local = /^(?:localhost|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|\[?(?:::1|f[cd]))/.test(
      hostname,
    );
    return [
      ...(protocol === 'http:' && !local
        ? [`${address} is not encrypted: messages can be read and changed`]
        : []),
      ...(local ? [`${address} is an address of somebody's own machine or network`] : []),
    ];
  });
}

/** An A2A agent card. */
export function auditA2a(file: string, bytes: Uint8Array, region: string): Audit {
  const imported = importA2aCard(bytes);
  const { proof, value } = imported;
  const draft = draftOfA2aCard(imported, region);
  const skills = list(value.skills);
  const addresses = [
    ...list(value.supportedInterfaces).map(({ url }) => text(url)),
    ...(typeof value.url === 'string' ? [value.url] : []),
  ].filter((url) => url !== '');
  const proven =
    proof.status === 'proven'
      ? [`the agent ${proof.card.card.id}: the card carries its own signed card of this network`]
      : [`an agent named ${draft.name}, under new keys of this node`];
  return {
    file,
    kind: 'A2A agent card',
    name: draft.name,
    joins: [...proven, ...shortened(draft.capabilities.map(({ name }) => `capability ${name}`))],
    missing: [
      ...(proof.status === 'unverified' ? [`a signature that verifies: ${proof.reasons.join('; ')}`] : []),
      ...(skills.length === 0 ? ['skills: what it can do must be put in words to be found'] : []),
      ...(isJsonObject(value.provider) ? [] : ['a provider: nobody answers for it by name']),
      ...(addresses.length === 0 ? ['an interface: nobody can reach it'] : []),
      ...(proof.status === 'proven' ? [] : [NO_PRICE]),
    ],
    risks: [
      ...(proof.status === 'signed'
        ? [
            `it is signed by ${proof.signers.map(({ kid }) => kid).join(', ')}; who holds that key is not shown`,
          ]
        : []),
      ...(proof.status === 'unverified' ? ['anybody can have written it'] : []),
      ...(value.securitySchemes === undefined && value.security === undefined
        ? ['its interfaces ask for no credentials, or do not say which']
        : []),
      ...addressRisks(addresses),
    ],
    next:
      proof.status === 'proven'
        ? `zerostate card resolve ${proof.card.card.id}`
        : 'Read the draft, correct it, then: zerostate card publish FILE',
    digests: [],
    ...(proof.status === 'proven' ? {} : { draft }),
  };
}

/** An MCP server: an entry of the MCP registry (server.json), or the answer to tools/list. */
export function auditMcp(file: string, value: JsonObject, region: string): Audit {
  const tools = list(value.tools);
  const packages = list(value.packages);
  const remotes = list(value.remotes).map(({ url }) => text(url));
  const name = text(value.title) || text(value.name) || 'MCP server';
  const described = tools.map((tool) => ({
    id: text(tool.name),
    name: text(tool.name),
    description: text(tool.description) || text(tool.name),
    tags: ['mcp'],
  }));
  const draft = draftOfA2aCard(
    { value: { name, description: text(value.description) || `Tools of ${name}.`, skills: described } },
    region,
  );
  const unpinned = packages.filter((one) => typeof one.fileSha256 !== 'string');
  const annotated = (tool: JsonObject, hint: string) =>
    isJsonObject(tool.annotations) && tool.annotations[hint] === true;
  return {
    file,
    kind: 'MCP server',
    name,
    joins: [
      `an agent named ${draft.name}, under new keys of this node`,
      ...shortened(tools.map((tool) => `capability ${text(tool.name)}`)),
    ],
    missing: [
      'a signature: the Model Context Protocol has none, so nothing shows who wrote it',
      ...(tools.length === 0
        ? ['its tools: ask the server for tools/list and audit the answer as well']
        : []),
      ...(text(value.version) === '' && packages.length > 0 ? ['a version'] : []),
      ...shortened(
        tools
          .filter((tool) => text(tool.description) === '')
          .map((tool) => `a description of the tool ${text(tool.name)}`),
      ),
      ...shortened(
        tools
          .filter((tool) => !isJsonObject(tool.outputSchema))
          .map((tool) => `what ${text(tool.name)} answers (outputSchema)`),
      ),
      NO_PRICE,
    ],
    risks: [
      'descriptions of tools reach language models as they are written: read them as you would read code',
      ...shortened(
        tools
          .filter((tool) => annotated(tool, 'destructiveHint'))
          .map((tool) => `${text(tool.name)} says of itself that it destroys`),
      ),
      ...(unpinned.length > 0
        ? [
            `${unpinned.length} of ${packages.length} packages name no digest: what is installed can change without notice`,
          ]
        : []),
      ...packages.flatMap(({ environmentVariables }) =>
        list(environmentVariables)
          .filter(({ isSecret }) => isSecret === true)
          .map((variable) => `it wants the secret ${text(variable.name)}`),
      ),
      ...addressRisks(remotes),
    ],
    next: 'Read the draft, correct it, then: zerostate card publish FILE',
    digests: packages.flatMap(({ fileSha256 }) =>
      typeof fileSha256 === 'string' ? [`sha256:${fileSha256}`] : [],
    ),
    draft,
  };
}

/** A record of an agent directory (OASF): named skills, and locators of what to run or call. */
export function auditDirectoryRecord(file: string, value: JsonObject, region: string): Audit {
  const skills = list(value.skills);
  const locators = list(value.locators);
  const name = text(value.name) || 'agent';
  const described = skills.map((skill) => ({
    id: text(skill.name) || text(skill.class_name) || String(skill.id ?? ''),
    description: [text(skill.category_name), text(skill.class_name), text(skill.name)]
      .filter((one) => one !== '')
      .join(', '),
    tags: [],
  }));
  const draft = draftOfA2aCard(
    { value: { name, description: text(value.description), skills: described } },
    region,
  );
  const urls = locators.map(({ url }) => text(url)).filter((url) => url !== '');
  const digests = locators
    .map(({ digest }) => text(digest))
    .filter((digest) => /^sha256:[0-9a-f]{64}$/.test(digest));
  return {
    file,
    kind: 'agent directory record',
    name,
    joins: [
      `an agent named ${draft.name}, under new keys of this node`,
      ...shortened(draft.capabilities.map((one) => `capability ${one.name}`)),
      ...digests.map((digest) => `the artifact ${digest}`),
    ],
    missing: [
      ...(value.signature === undefined ? ['a signature: nothing shows who wrote it'] : []),
      ...(skills.length === 0 ? ['skills'] : []),
      ...(urls.length === 0 ? ['a locator: nobody can reach or run it'] : []),
      NO_PRICE,
    ],
    risks: [
      ...(value.signature === undefined ? [] : ['its signature is of a form that is not checked here']),
      ...(digests.length < locators.length
        ? [
            `${locators.length - digests.length} of ${locators.length} locators name no digest: what they lead to can change`,
          ]
        : []),
      ...addressRisks(urls.filter((url) => /^https?:/.test(url))),
    ],
    next: 'Read the draft, correct it, then: zerostate card publish FILE',
    digests,
    draft,
  };
}
