/** What can be odd about a line. */

/**
 * `flags` says what was odd about the line:
 * `ambiguous` two readings, the careful one taken · `cut` a value was shortened ·
 * `invalid_utf8` bytes were replaced · `clock_skew` the line's time was out of bounds, arrival time
 * taken · `no_timestamp` the line had none · `repeat_capped` a repeat count was capped ·
 * `untrusted` the writer's identity is not proven · `extra_cut` something of `extra` was left out or
 * shortened · `double_encoding` the request target was percent-encoded more than once · `odd_encoding` it
 * was encoded as no browser does (overlong UTF-8, `%u`) · `self_test` a line the product wrote itself to
 * try its own stages · `not_connected` the kernel had no connection of the address when the line came ·
 * `other_host` a line of another host in a file of this one. What each means for a block: trust.ts.
 */
export const EVENT_FLAGS = [
  'ambiguous',
  'cut',
  'invalid_utf8',
  'clock_skew',
  'no_timestamp',
  'repeat_capped',
  'untrusted',
  'extra_cut',
  'double_encoding',
  'odd_encoding',
  'self_test',
  'not_connected',
  'other_host',
] as const;
