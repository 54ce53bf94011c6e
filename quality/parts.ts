/** What is measured, in this order: a new part is a file of its own and its line here. */
import { COMMAND_LISTS } from './parts/command-lists.ts';
import { DEMO } from './parts/demo.ts';
import { FIREWALL_LOGS } from './parts/firewall-logs.ts';
import { GENERATED_DAY } from './parts/generated-day.ts';
import { SCENARIOS } from './parts/scenarios.ts';
import { SSH_LOGS } from './parts/ssh-logs.ts';
import { WEB_LOGS } from './parts/web-logs.ts';
import { WEB_REQUESTS } from './parts/web-requests.ts';
import type { Part } from './part.ts';

export const PARTS: readonly Part[] = [
  GENERATED_DAY,
  DEMO,
  SSH_LOGS,
  WEB_LOGS,
  FIREWALL_LOGS,
  WEB_REQUESTS,
  COMMAND_LISTS,
  SCENARIOS,
];
