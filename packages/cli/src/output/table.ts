/** How wide a column is: filled up with spaces on the right (`left`) or on the left (`right`); longer text is not cut. */
export interface Column {
  readonly width: number;
  readonly align: 'left' | 'right';
}

export const left = (width: number): Column => ({ width, align: 'left' });
export const right = (width: number): Column => ({ width, align: 'right' });

/** One line of fixed columns; what follows the last column is added as it is. Nothing is left at the end of the line. */
export function formatRow(columns: readonly Column[], cells: readonly string[]): string {
  let line = '';
  cells.forEach((cell, at) => {
    const column = columns[at];
    if (column === undefined) line += cell;
    else line += column.align === 'left' ? cell.padEnd(column.width) : cell.padStart(column.width);
  });
  return line.trimEnd();
}

/** Lines with columns as wide as their widest cell, two spaces between. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('  ')
      .trimEnd(),
  );
}
