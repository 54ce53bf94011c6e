#!/usr/bin/env node
// The `soc` command: makes sure the program is built from the present sources, then runs it.
import {
  buildApart,
  buildGraphBeside,
  isGraphOld,
  isPageOld,
  isProgramOld,
  programPath,
} from './build.js';

try {
  const needsPage = process.argv[2] === 'up' && !process.argv.includes('--help');
  const old = [
    ...(isProgramOld() ? ['program'] : []),
    ...(needsPage && isPageOld() ? ['page'] : []),
  ];
  if (old.length > 0) buildApart(...old);
  if (needsPage && isGraphOld()) buildGraphBeside();
} catch (error) {
  process.stderr.write(
    `Cannot build soc: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(2);
}
try {
  await import(programPath);
} catch (error) {
  if (error?.code !== 'EMFILE' && error?.code !== 'ENFILE') throw error;
  process.stderr.write('Cannot start: too many open files (raise the limit with ulimit -n)\n');
  process.exit(2);
}
