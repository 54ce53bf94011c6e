/** Columns for a terminal. */
import { safeText } from './safe-text.ts';

/** Rows as aligned text; every cell is made safe and cut at `max` characters. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  max = 60,
): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => safeText(cell, { max })))];
  const widths = header.map((_, column) =>
    Math.max(...cells.map((row) => [...(row[column] ?? '')].length)),
  );
  return cells
    .map((row) =>
      row
        .map(
          (cell, column) =>
            cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...cell].length)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}
