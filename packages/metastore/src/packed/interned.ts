/** Texts by small numbers, for those that many inodes have: owners, groups. They stay until everything is cleared. */
export class Interned {
  /** No number is left for a text. */
  static readonly NONE = -1;
  readonly #max: number;
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #texts: string[] = [''];
  #lastText = '';
  #lastNumber = 0;

  /** `max`: so many texts at most; '' is number 0. */
  constructor(max: number) {
    this.#max = max;
  }

  numberOf(text: string): number {
    if (text === this.#lastText) return this.#lastNumber;
    const number = this.#numbers.get(text) ?? this.#add(text);
    if (number === Interned.NONE) return number;
    this.#lastText = text;
    this.#lastNumber = number;
    return number;
  }

  textOf(number: number): string {
    return this.#texts[number]!;
  }

  #add(text: string): number {
    const number = this.#texts.length;
    if (number >= this.#max) return Interned.NONE;
    // A part that was cut out of a longer string would keep all of that.
    const own = Buffer.from(text, 'utf16le').toString('utf16le');
    this.#texts.push(own);
    this.#numbers.set(own, number);
    return number;
  }
}
