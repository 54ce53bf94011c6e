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
await import(programPath);
