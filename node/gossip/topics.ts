// Names of the gossip topics.

/** Short names of the topics. */
export const TOPIC_NAMES = ['announce', 'heads', 'guild'] as const;
export type TopicName = (typeof TOPIC_NAMES)[number];

/** The topic's full name on a network. */
export function topicOf(network: string, name: TopicName): string {
  return `/zerostate/${network}/${name}/1`;
}

/** All topics of a network by short name. */
export function topicsOf(network: string): Record<TopicName, string> {
  return Object.fromEntries(TOPIC_NAMES.map((name) => [name, topicOf(network, name)])) as Record<
    TopicName,
    string
  >;
}
