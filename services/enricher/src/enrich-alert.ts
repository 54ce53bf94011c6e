/**
 * Techniques and tactics of an alert. What the rule declares comes first and is certain; retrieval adds
 * what the words of the alert suggest. Text of an attacker is used as search words only.
 */
import {
  isSameFamily,
  tacticsOfTags,
  techniquesOfTags,
  type Match,
  type TechniqueIndex,
} from '@mini-soc/attack';
import type { Enrichment } from '@mini-soc/model';

export interface EnrichmentRequest {
  readonly rule_name: string;
  readonly severity: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
}

/** A guess beside what the rule declares is to be likely; where nothing is declared, possible will do. */
export const MIN_CONFIDENCE = { beside: 0.35, alone: 0.05 };
const MAX_TECHNIQUES = 3;
/** As long as the name of a rule may be. */
const FIELD_CHARACTERS = 256;
const QUERY_FIELDS = 12;
/** Details that repeat an earlier answer or name the rule's tags, which have been read already. */
const NOT_ASKED = /^(?:mitre_|threat_|rule_tags$|allowed_action$)/;

/**
 * At most three techniques, the declared ones first. `threat_confidence` is 1 for what is declared, else how
 * often a technique found like this was right (0 to 1).
 */
export async function enrichAlert(
  request: EnrichmentRequest,
  index: TechniqueIndex,
): Promise<Enrichment> {
  const declared: readonly Match[] = techniquesOfTags(request.tags).map((technique) => ({
    technique,
    confidence: 1,
  }));
  const retrieved =
    declared.length >= MAX_TECHNIQUES ? [] : await index.search(queryOf(request), MAX_TECHNIQUES);
  const atLeast = declared.length > 0 ? MIN_CONFIDENCE.beside : MIN_CONFIDENCE.alone;
  const chosen: Match[] = [...declared];
  for (const match of retrieved) {
    const isKnown = chosen.some((other) => isSameFamily(other.technique.id, match.technique.id));
    if (match.confidence >= atLeast && !isKnown) chosen.push(match);
  }
  const matches = chosen.slice(0, MAX_TECHNIQUES);
  return {
    mitre_techniques: matches.map((match) => match.technique.id),
    mitre_tactics: [
      ...new Set(
        [
          ...matches.flatMap((match) => match.technique.tactics),
          ...tacticsOfTags(request.tags),
        ].map((tactic) => tactic.name),
      ),
    ],
    mitre_urls: matches.map((match) => match.technique.url),
    threat_confidence: Math.max(0, ...matches.map((match) => match.confidence)),
    threat_summary: matches
      .map(({ technique }) => `${technique.id} ${technique.name}: ${technique.description}`)
      .join(' '),
  };
}

/** Name of the rule in words, severity, and texts among the details, each cut at 256 characters. */
function queryOf(request: EnrichmentRequest): string {
  const texts = Object.entries(request.details)
    .filter(([name]) => !NOT_ASKED.test(name))
    .flatMap(([, value]): readonly unknown[] => (Array.isArray(value) ? value : [value]))
    .filter((value): value is string => typeof value === 'string')
    .slice(0, QUERY_FIELDS)
    .map((value) => value.slice(0, FIELD_CHARACTERS));
  const name = request.rule_name.slice(0, FIELD_CHARACTERS).replace(/([a-z])([A-Z])/g, '$1 $2');
  return [name, request.severity, ...texts].join(' ');
}
