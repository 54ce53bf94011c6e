/** Tables of Markdown documents: a table whose rows do not fit its head is shown as text. */

/** A table needs a line of dashes under its head, and every row as many cells as the head. */
export function judgeTables(file: string, text: string): readonly string[] {
  const lines = withoutFences(text).split('\n');
  const faults: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (!isRow(line) || isRow(lines[index - 1] ?? '')) continue;
    const head = cellsOf(line);
    let end = index;
    while (isRow(lines[end] ?? '')) end += 1;
    if (!/^\|(?:\s*:?-+:?\s*\|)+$/.test((lines[index + 1] ?? '').trim()))
      faults.push(`${file}: the table "${line.slice(0, 60)}" has no line of dashes under its head`);
    const odd = lines.slice(index, end).find((row) => cellsOf(row) !== head);
    if (odd !== undefined)
      faults.push(
        `${file}: a row has ${cellsOf(odd)} cells, its head ${head}: "${odd.slice(0, 60)}"`,
      );
  }
  return faults;
}

function isRow(line: string): boolean {
  return line.trimStart().startsWith('|');
}

/** A bar behind a backslash is text, in code as well. */
function cellsOf(row: string): number {
  const bare = row.replaceAll(/\\\|/g, '').trim();
  return bare.split('|').length - 2;
}

function withoutFences(text: string): string {
  return text.replaceAll(/^(```+|~~~+).*\n[\s\S]*?^\1.*$/gm, '');
}
