/**
 * Labelled lines that we read otherwise on purpose, each kind with its reason. An exception forgives the
 * fields it names and no others; what it forgives is counted apart from what is right.
 */
export interface CorpusException {
  readonly name: string;
  readonly line: RegExp;
  /** Names as the comparison prints them; all of them when empty. */
  readonly fields: readonly string[];
  readonly reason: string;
}

export const CORPUS_EXCEPTIONS: readonly CorpusException[] = [
  {
    name: 'sshd-names-no-peer',
    line: /sshd(?:-session)?\[\d+\]: (?:Disconnecting: Too many authentication failures|error: kex_exchange_identification: )/,
    fields: ['source_ip', 'source_host'],
    reason:
      'the line names no address; the label takes it from earlier lines of the same process, and a line is read by itself',
  },
  {
    name: 'last-message-repeated',
    line: / last message repeated \d+ times?$/,
    fields: [],
    reason:
      'says nothing without the line before it: an event is made only where the caller knows that line (previousLine)',
  },
  {
    name: 'account-is-the-target',
    line: / (?:useradd|userdel|usermod|groupadd)\[\d+\]: /,
    fields: ['username'],
    reason: 'username is who acted; the account that was made or changed is target_user',
  },
  {
    name: 'chain-of-proxies',
    line: /^[^ ,]+, (?:[^ ,]+,? )+- [^ ]+ \[/,
    fields: ['source_ip', 'source_host'],
    reason:
      'the client writes all hops but the last itself: the last one is the peer, the label takes the first',
  },
  {
    name: 'nginx-user-with-a-colon',
    line: /^\d{4}\/.{14} \[error\] .*user ".*": password mismatch, client: .*": was not found in "/,
    fields: ['source_ip'],
    reason:
      'the label reads a colon into the name of a Basic user, which ends at the first colon: nginx wrote the first client',
  },
  {
    name: 'not-nginx',
    line: /^\d{4}\/.{14} \[[a-z]+\] \d+:\d+ (?:yadda|blah)/,
    fields: [],
    reason: 'placeholder text that nginx does not write',
  },
  {
    name: 'made-up-program',
    line: /\bF2B: (?:failure|error|info) /,
    fields: [],
    reason: 'messages of a program that exists in a test of another project only',
  },
];

/** The exception for a line that was read otherwise, when it forgives every difference. */
export function findException(
  line: string,
  differences: readonly string[],
): CorpusException | undefined {
  return CORPUS_EXCEPTIONS.find(
    (exception) =>
      exception.line.test(line) &&
      differences.every(
        (difference) =>
          exception.fields.length === 0 ||
          exception.fields.some((field) => difference.startsWith(`${field}:`)),
      ),
  );
}
