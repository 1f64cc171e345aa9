/** A message without the fields that are not set, to compare it by. */
export function present(message: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    out[name] = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? present(value as object) : value;
  }
  return out;
}
