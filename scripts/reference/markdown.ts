// Small helpers for generated Markdown.

/** Text that can stand in a table's cell. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\s+/g, ' ').trim();
}

/** Text in code style that can stand in a table's cell. */
export function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').trim()}\``;
}

/** A table; cells are taken as they are. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
