/** The fields of one decoded header block, in order. Shared by all requests that brought the same bytes: never changed. */
export class HeaderBlock {
  /** Name, value, name, value, ... */
  readonly fields: readonly string[];
  /** The list was longer than we accept; `fields` holds its beginning. */
  readonly tooLarge: boolean;
  /** What the layer above made of the block, kept with it so that it is made once. */
  memo: unknown = undefined;

  constructor(fields: readonly string[], tooLarge: boolean) {
    this.fields = fields;
    this.tooLarge = tooLarge;
  }

  /** The first value of `name` (lower case). */
  get(name: string): string | undefined {
    const fields = this.fields;
    for (let i = 0; i < fields.length; i += 2) {
      if (fields[i] === name) return fields[i + 1];
    }
    return undefined;
  }
}
