#!/usr/bin/env node
// The `soc` command: makes sure the program is built from the present sources, then runs it.
import { buildProgram, buildConsole, programPath } from './build.js';

try {
  await buildProgram();
  const command = process.argv[2];
  if (command === 'up' && !process.argv.includes('--help')) {
    await buildConsole((sentence) => process.stdout.write(`${sentence}\n`));
  }
} catch (error) {
  process.stderr.write(
    `Cannot build soc: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(2);
}
await import(programPath);
