/**
 * Who could have written what we read, and what that may bring about. Two tables say it once: the kinds of source,
 * and the flags of an event with what each takes away from a block. Every event makes alerts, whoever wrote it.
 */
import type { EVENT_FLAGS } from './event-flags.ts';

/** Who can decide what stands in a source, the mightiest last. */
export const WRITERS = ['network', 'web_client', 'account', 'root', 'product'] as const;
export type Writer = (typeof WRITERS)[number];

export interface SourceTrust {
  /** What is read. */
  readonly what: string;
  readonly writer: Writer;
  /** The most its events can bring about. */
  readonly may: 'ticket' | 'block';
  /** What a block needs besides, or why there is none; one clause. */
  readonly because: string;
}

export const SOURCES = {
  journal: {
    what: "the journal's entry of a program of the system (_UID, _COMM, _EXE, _SYSTEMD_UNIT, which journald writes itself)",
    writer: 'root',
    may: 'block',
    because: 'nobody else can write such an entry',
  },
  journal_account: {
    what: "the journal's entry of any other process",
    writer: 'account',
    may: 'ticket',
    because: 'every account writes to the journal under any name (flag untrusted)',
  },
  syslog_file: {
    what: 'a text file that syslog writes, such as auth.log',
    writer: 'account',
    may: 'block',
    because:
      'with RESPONSE_MODE=enforce the kernel must have had a connection of the address (else flag not_connected)',
  },
  other_host: {
    what: 'a line of another host in such a file',
    writer: 'network',
    may: 'ticket',
    because:
      'a datagram of syslog names any sender (flag other_host), unless TRUSTED_HOSTS names it',
  },
  program_file: {
    what: 'a log that a program writes itself, such as the access log of a web server',
    writer: 'web_client',
    may: 'block',
    because:
      'the address stands where the program writes it; rules ask for what no page can make a browser send',
  },
  packets: {
    what: "the kernel's and firewalls' lines of packets",
    writer: 'network',
    may: 'ticket',
    because: 'the sender of a packet is what its sender wrote (rules say spoofable)',
  },
  json_file: {
    what: 'a file of JSON events that is named as such (json:PATH)',
    writer: 'root',
    may: 'block',
    because: 'who names it so answers for who can write to it',
  },
  json_unnamed: {
    what: 'JSON events of any other file',
    writer: 'account',
    may: 'ticket',
    because: 'an application may log what its clients send (flag untrusted)',
  },
  shipped: {
    what: 'text files that Filebeat or the shipper read elsewhere',
    writer: 'account',
    may: 'block',
    because:
      'connections over there cannot be seen from here: they are believed, from a sensor with a user of its own those of its own hosts (else flag other_host)',
  },
  demo: {
    what: 'what the product writes itself: the demo, the self-test',
    writer: 'product',
    may: 'block',
    because: 'nobody else writes it',
  },
} as const satisfies { readonly [name: string]: SourceTrust };
export type SourceName = keyof typeof SOURCES;

export type EventFlagName = (typeof EVENT_FLAGS)[number];

export interface FlagEffect {
  /**
   * How an event with it counts towards a block. `whole`: as any. `once_a_second`: one in each second of the time it
   * was given. `unless_asked`: where response asks for proof, not at all. `once_confirmed`: so, too, until an event of
   * the same address and alert is proven: then the address was there. `nothing`: not at all.
   */
  readonly counts: 'whole' | 'once_a_second' | 'once_confirmed' | 'unless_asked' | 'nothing';
  /** To follow "not proven:"; why it does not take anything away where it counts as any. */
  readonly because: string;
}

export const FLAG_EFFECTS: { readonly [Flag in EventFlagName]: FlagEffect } = {
  untrusted: {
    counts: 'nothing',
    because: 'any account could have written the lines',
  },
  ambiguous: {
    counts: 'nothing',
    because: 'the lines can be read in two ways',
  },
  repeat_capped: {
    counts: 'nothing',
    because: 'the lines claim more repeats than there can be',
  },
  not_connected: {
    counts: 'once_confirmed',
    because:
      'the kernel had no connection of this address to the service when the lines came, and any account could have written them',
  },
  other_host: {
    counts: 'unless_asked',
    because:
      'the lines are of another host than their sender, which anybody can claim to be (TRUSTED_HOSTS; a sensor: its own hosts)',
  },
  clock_skew: { counts: 'once_a_second', because: 'the times of the lines are made up' },
  no_timestamp: { counts: 'once_a_second', because: 'the lines have no times' },
  cut: {
    counts: 'whole',
    because: 'the address is read from the whole line; a line that is cut itself is ambiguous, too',
  },
  invalid_utf8: { counts: 'whole', because: 'positions in the line are the same' },
  extra_cut: {
    counts: 'whole',
    because: 'fields that we have no name for say nothing of who it was',
  },
  double_encoding: { counts: 'whole', because: 'it is about the request, not about its sender' },
  odd_encoding: { counts: 'whole', because: 'it is about the request, not about its sender' },
  self_test: { counts: 'whole', because: 'its address is never blocked (192.0.2.0/24)' },
};

/** How far the evidence of an alert carries a block; weaker first. */
export const PROOFS = ['unproven', 'unconfirmed', 'proven'] as const;
/**
 * `proven`: nothing speaks against enough of its events. `unconfirmed`: as long as nobody asks for what only the
 * machine that reads could see. `unproven`: too few count at all.
 */
export type Proof = (typeof PROOFS)[number];

/** Negative when `a` is the weaker one; absent (alerts of earlier versions) is weaker than all. */
export function compareProof(a: Proof | undefined, b: Proof | undefined): number {
  const rank = (proof: Proof | undefined) => (proof === undefined ? -1 : PROOFS.indexOf(proof));
  return rank(a) - rank(b);
}
