/** All parts, in the order in which they start. One more is a file of its own and a line here. */
import type { Part } from './part.ts';
import { consolePart } from './parts/console.ts';
import { detectionPart } from './parts/detection.ts';
import { enricherPart } from './parts/enricher.ts';
import { instanceNotePart } from './parts/instance-note.ts';
import { ledgerReservePart } from './parts/ledger-reserve.ts';
import { logFilesPart } from './parts/log-files.ts';
import { responsePart } from './parts/response.ts';
import { selfTestPart } from './parts/self-test.ts';

export const PARTS: readonly Part[] = [
  ledgerReservePart,
  responsePart,
  enricherPart,
  selfTestPart,
  detectionPart,
  logFilesPart,
  consolePart,
  instanceNotePart,
];
