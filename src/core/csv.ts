/** A field as RFC 4180 has it: with a comma, a semicolon, a quote, a line end or a space at its ends it stands in quotes. */
export function csvField(text: string): string {
  return /[",;\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Whether spreadsheets run a cell of this text as a formula, whatever its quotes: OWASP's list of starts (CSV Injection),
 * with the full-width forms that Japanese and Chinese ones take too.
 */
export function startsFormula(text: string): boolean {
  return /^[=+\-@\t\r\n＝＋－＠]/.test(text);
}
