/** Drupal by syslog, under the name of any site: `SITE|TIME|user|ADDR|PAGE|REFERRER|UID|LINK|Login attempt failed for U.` */
import type { Draft } from './draft.ts';
import { accepted, readSentence, refused, type Sentence } from './sentence.ts';

/** The address stands in front of all that a client can write. */
const HEAD = /^https?:\/\/[^|\s]{1,255}\|\d{9,11}\|user\|([0-9A-Fa-f.:]{2,45})\|/;
const NOBODY = { namesNobody: true } as const;
const SENTENCES: readonly Sentence[] = [
  refused(
    'bad_password',
    HEAD,
    '|0||Login attempt failed f',
    /^\|0\|\|Login attempt failed (?:for|from) [^|]{1,250}\.$/,
    NOBODY,
  ),
  accepted(HEAD, '||Session opened for ', /^\|\|Session opened for [^|]{1,250}\.$/, NOBODY),
];
const SPEAKER = { action: 'web_login', event: 'web_event', protocol: 'http' } as const;

export function parseDrupal(message: string, draft: Draft): boolean {
  return message.indexOf('|user|') > 0 && readSentence(message, SENTENCES, SPEAKER, draft);
}
