// Suggests a card draft for an agent that is known by its A2A card. A suggestion for people: texts are cut to our bounds.

import {
  CAPABILITIES_MAX,
  CAPABILITY_DESCRIPTION_CHARS_MAX,
  type Capability,
  type CardDraft,
  DESCRIPTION_CHARS_MAX,
  draftCard,
  NAME_CHARS_MAX,
  TAG_CHARS_MAX,
  TAGS_MAX,
} from '../card/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/index.ts';
import type { ImportedA2aCard } from './import.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function clean(value: JsonValue | undefined, max: number, otherwise: string): string {
  const text = typeof value === 'string' ? value.replace(UNPRINTABLE, ' ').trim() : '';
  return text.slice(0, max).toWellFormed() || otherwise;
}

function label(value: JsonValue | undefined, otherwise: string): string {
  const text = typeof value === 'string' ? value : '';
  const slug = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._+#/-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, '');
  return slug.slice(0, TAG_CHARS_MAX).toWellFormed() || otherwise;
}

function tagsOf(value: JsonValue | undefined): string[] {
  const tags = Array.isArray(value) ? value.map((tag) => label(tag, '')).filter((tag) => tag !== '') : [];
  return [...new Set(tags)].slice(0, TAGS_MAX);
}

function capabilityOf(skill: JsonObject): Capability {
  const name = label(skill.id ?? skill.name, 'skill');
  return {
    name,
    description: clean(skill.description, CAPABILITY_DESCRIPTION_CHARS_MAX, name),
    tags: tagsOf(skill.tags),
  };
}

/** A draft with the card's name, description and skills, in the given region; no prices, best effort. */
export function draftOfA2aCard({ value }: Pick<ImportedA2aCard, 'value'>, region: string): CardDraft {
  const skills = Array.isArray(value.skills)
    ? value.skills.filter(isJsonObject).slice(0, CAPABILITIES_MAX)
    : [];
  const organization = isJsonObject(value.provider)
    ? clean(value.provider.organization, NAME_CHARS_MAX, '')
    : '';
  const description = clean(value.description, DESCRIPTION_CHARS_MAX, 'An A2A agent.');
  const capabilities =
    skills.length > 0
      ? skills.map(capabilityOf)
      : [
          {
            name: 'a2a',
            description: description.slice(0, CAPABILITY_DESCRIPTION_CHARS_MAX).toWellFormed(),
            tags: [],
          },
        ];
  return draftCard({
    name: clean(value.name, NAME_CHARS_MAX, 'A2A agent'),
    description,
    region,
    ...(organization === '' ? {} : { operator: organization }),
    capabilities,
    tags: ['a2a'],
    prices: [],
    sla: 'best-effort',
  });
}
