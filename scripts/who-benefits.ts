/**
 * Who gains when a limit is used up in an order that an attacker chooses: of each limit that cuts something, and of
 * others where it matters. Part of docs/limits.md.
 */
import type { LimitName } from '@mini-soc/model';

export const WHO_BENEFITS: Readonly<Partial<Record<LimitName, string>>> = {
  blocks_per_minute:
    'Nobody for long: each block needs evidence against a further address, a quarter is kept for severe alerts, and what waits is asked again as soon as the next block fits.',
  room_of_64_percent:
    'Who owns a /64 and changes addresses in it: he waits for himself, others do not wait for him.',
  blocks_in_force:
    'Whoever comes after 100,000 blocked addresses: he is asked for again each minute, and blocked when one of them ends.',
  collateral_addresses:
    'Nobody from outside: the addresses that count are those of this machine, its gateways, the hosts of the settings and open sessions. Somebody with an account and sessions from five addresses can hold one rule back; it is told, with the addresses.',
  collateral_rules: 'Nobody: rules are ours, and there are fewer.',
  sessions_ms:
    'Nobody: who logs in meanwhile is blocked at most until the next comparison, and who logs out is protected two seconds longer.',
  session_processes:
    'An account of this machine that starts thousands of processes: who is logged in behind them may be blocked, as without this protection.',
  line_bytes:
    'Nobody: what stands behind the first MiB of a line is not read, and who wrote it is in its begin; the event says that it is cut.',
  files_followed: 'Nobody from outside: which files are followed, the settings say.',
  positions_remembered:
    'Nobody: a file that comes again is read again, and its events have the same ids.',
  generations_lost:
    'Whoever makes a log grow until logrotate throws generations away: that is told.',
  generation_bytes: 'As `generations_lost`.',
  glob_entries:
    'An account that may make files in a folder of logs: told, and the cure is a narrower glob.',
  field_characters: 'Nobody: the line stays whole in the message, and a cut field has a flag.',
  extra_fields:
    'Nobody: fields without a name of ours are in no rule of ours, and the message has them.',
  document_characters: 'Nobody: the event is a dead letter, which is told.',
  dead_letters: 'Nobody: each is told, with its reason.',
  files_judged: 'Nobody: how files are judged is shown, not used.',
  retention_mebibytes:
    'Whoever floods the logs: the oldest events go first, and it is told. Alerts and blocks are not touched by it.',
  evidence_events: 'Nobody: a sample is shown, and all events count.',
  message_characters: 'Nobody: the event has the whole line.',
  names_listed: 'Nobody: the alert says how many more there were.',
  arrival_entities:
    'Whoever comes with 20,000 addresses: those that were quiet for the longest time are answered by the next cycle instead of at once. Told.',
  arrival_events: 'Nobody: the cycle counts all.',
  arrival_history: 'Nobody: each is looked up by itself.',
  evaluation_entities: 'Nobody: they are read again.',
  entity_alerts:
    'Nobody: an entity with a hundred alerts of one rule has been told of a hundred times.',
  coverage_gaps: 'Nobody from outside: a gap is made by a stop of ours, and told.',
  dispatch_remembered: 'Nobody: what is forgotten is sent sooner.',
  lane_attempts: 'Whoever can make the output fail; told, and the alert is in the store.',
  enrich_attempts: 'Nobody: techniques are an addition.',
  respond_refusals: 'Nobody: response refuses what is no alert of ours.',
  stream_clients:
    'Whoever has a token and opens a hundred streams: others are refused and told so.',
  stream_bytes: 'Nobody: the client comes back and reads what it missed.',
  first_seen_entities:
    'Nobody: who was forgotten is new when he comes again, which makes one alert more, never one less.',
  baseline_events:
    'Whoever floods the learning time: what is usual is told by its older part, before the flood.',
  decisions_per_address: 'Nobody: the longest block stays.',
  answers_remembered: 'Nobody: an alert that comes again is decided by the same rules.',
  allow_list_entries: 'Nobody from outside: only operators add ranges.',
  audit_documents: 'Nobody: the ledger has the decision, whoever keeps the store from answering.',
  log_bytes: 'Nobody: a new file is begun.',
  logs_kept:
    'Whoever makes many alerts: the oldest lines of the log of alerts go; store and ledger have them.',
  addresses_remembered:
    'Whoever was blocked before 100,000 others: his next block is as short as the first.',
  graph_nodes: 'Nobody: a picture, which says how many are left out.',
  console_clients: 'Whoever has a token and opens fifty pages: further ones are not live.',
  console_bytes: 'Nobody: the page comes back by itself.',
  sessions: 'Whoever has the token and signs in a hundred times: others sign in again.',
  request_bytes: 'Nobody: the sender is told.',
  wrong_tokens_waiting:
    'Who guesses tokens from one network makes others of this network wait with him, nobody else.',
  token_addresses:
    'Who guesses from 10,000 networks may try again sooner: each attempt is counted and told.',
  point_addresses: 'Nobody: an address that is forgotten stays blocked there longer.',
  repeat_count: 'Nobody: what is claimed beyond it does not count, and the claim is told.',
  ssh_connections: 'Nobody: an attempt that was forgotten counts once more, against who made it.',
};
