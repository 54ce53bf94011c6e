/** What happened, in one plain sentence for people. Attacker text is shortened here and escaped where it is shown. */
import type { Entity } from '@mini-soc/query';
import type { Rule } from '@mini-soc/sigma';
import type { Episode } from '../evaluate/episode.ts';
import type { NameList } from '../evaluate/name-list.ts';
import { listNetworks } from './list-networks.ts';

const SHOWN_NAMES = 3;
const SHOWN_LENGTH = 80;
const MAX_SENTENCE = 600;

/** The rule's own sentence with its placeholders filled, or one made from what the rule measures. */
export function describeAlert(
  rule: Rule,
  entity: Entity,
  episode: Episode,
  sourceIp: string | undefined,
): string {
  const values: Readonly<Record<string, string>> = {
    source_ip:
      sourceIp ??
      (episode.sources.names.length > 1 ? listNetworks(episode.sources) : 'An unknown address'),
    ...Object.fromEntries(Object.entries(entity).map(([name, value]) => [name, clip(value)])),
    count: String(episode.eventCount),
    peak: String(episode.peak),
    span: describeSpan(episode.lastMs - episode.startMs),
    usernames: listNames(episode.usernames, 'an unknown user'),
    hostnames: listNames(episode.hostnames, 'an unknown host'),
    commands: listNames(episode.commands, 'an unknown command'),
    members: memberTitles(rule, episode),
  };
  const template = rule.summary ?? defaultTemplate(rule, entity);
  const filled = oneOf(template, values).replaceAll(
    /\{([^{}]*)\}/g,
    (whole, name: string) => values[name] ?? whole,
  );
  const sentence = episode.note === undefined ? filled : `${filled}: ${episode.note}`;
  return sentence.length <= MAX_SENTENCE ? sentence : `${sentence.slice(0, MAX_SENTENCE - 1)}…`;
}

/** What rules count, where the word behind the number is a plural with an s: "1 requests" is wrong. */
const COUNTED =
  /\{(count|peak)\} ((?:[a-z]+ ){0,2}?)(request|event|attempt|packet|time|path|page|port|host|address|name|user|network|account|failure|value|program|querie|thing)(?:e?s)\b/g;

/**
 * The rule's sentence with singular words where there is one of them, and without the time between first and last where
 * they are the same; only the rule's own words are touched.
 */
function oneOf(template: string, values: Readonly<Record<string, string>>): string {
  const timed =
    values['count'] === '1' ? template.replaceAll(/ (?:with)?in \{span\}/g, '') : template;
  return timed.replaceAll(COUNTED, (whole, name: string, between: string, word: string) => {
    if (values[name] !== '1') return whole;
    return `{${name}} ${between}${word === 'querie' ? 'query' : word}`;
  });
}

function defaultTemplate(rule: Rule, entity: Entity): string {
  const who = Object.keys(entity)
    .map((name) => `{${name}}`)
    .join(', ');
  const about = who === '' ? '' : `${who}: `;
  const { measure } = rule.query;
  switch (measure.kind) {
    case 'count':
      return `${about}${rule.title}, {count} events in {span}`;
    case 'distinct':
      return `${about}${rule.title}, {peak} different values of ${measure.field} in {count} events`;
    case 'sequence':
      return `${about}${rule.title}, ${measure.steps.map((step) => step.name).join(', then ')}`;
    default:
      return measure satisfies never;
  }
}

/** "root, admin, test (and 3 more)". */
export function listNames(list: NameList, nothing: string): string {
  const shown = list.names.slice(0, SHOWN_NAMES).map((name) => (name === '' ? '""' : clip(name)));
  if (shown.length === 0) return nothing;
  const rest = list.names.length - shown.length + list.more;
  if (rest === 0) return shown.join(', ');
  return `${shown.join(', ')} (and ${list.isMoreCapped ? 'more than ' : ''}${rest} more)`;
}

/** "40 s", "12 min", "3 h", "2 d": the largest unit of which there are at least two. */
export function describeSpan(spanMs: number): string {
  const seconds = Math.max(1, Math.ceil(spanMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.round(seconds / 3600)} h`
    : `${Math.round(seconds / 86_400)} d`;
}

function memberTitles(rule: Rule, episode: Episode): string {
  const titles = rule.members
    .filter((member) => episode.members.includes(member.name))
    .map((member) => member.title.charAt(0).toLowerCase() + member.title.slice(1));
  return titles.length === 0 ? rule.title : titles.join(', ');
}

function clip(text: string): string {
  return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH - 1)}…`;
}
