/**
 * A program that writes 1,000 numbered lines a second, and its logrotate: arguments are the file, the way
 * (`rename` or `copytruncate`) and the number of rotations. It asks its parent before it completes each
 * rotation and goes on writing meanwhile. Messages: { asks: last line before the rotation began },
 * { rotated: [first, last] line in its window }, { wrote: lines in all }.
 */
import { closeSync, copyFileSync, openSync, renameSync, truncateSync, writeSync } from 'node:fs';

const [file = '', way, rotations = '0'] = process.argv.slice(2);
const LINES_PER_SECOND = 1000;
/** Lines between two rotations. */
const LINES_EACH = 400;
const TICK_MS = 10;
/** How long a program writes on into a file that was renamed. */
const UNAWARE_MS = 150;

let log = openSync(file, 'a');
let lines = 0;
let done = 0;
let nextRotation = LINES_EACH;
let askedAt = 0;
const beganMs = Date.now();

const rotate = () => {
  const from = askedAt + 1;
  if (way === 'rename') {
    renameSync(file, `${file}.${done}`);
    // The program has not heard of it yet and goes on in the old file.
    setTimeout(() => {
      closeSync(log);
      log = openSync(file, 'a');
    }, UNAWARE_MS);
  } else {
    truncateSync(file);
  }
  done += 1;
  askedAt = 0;
  nextRotation = lines + LINES_EACH;
  process.send({ rotated: [from, lines] });
};

const writeLine = () => {
  lines += 1;
  writeSync(log, `line ${lines} ${'x'.repeat(40)}\n`);
};

process.on('message', rotate);
const ticking = setInterval(() => {
  const due = ((Date.now() - beganMs) / 1000) * LINES_PER_SECOND;
  while (lines < due && lines < nextRotation + 10 * LINES_EACH) {
    writeLine();
    if (lines < nextRotation || askedAt > 0) continue;
    if (done === Number(rotations)) {
      clearInterval(ticking);
      process.send({ wrote: lines });
      process.disconnect();
      return;
    }
    if (way === 'copytruncate') copyFileSync(file, `${file}.${done}`);
    askedAt = lines;
    process.send({ asks: lines });
  }
}, TICK_MS);
