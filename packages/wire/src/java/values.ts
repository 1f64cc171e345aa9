// What a Java object stream can hold, as plain values. Nothing here knows a Java class: names are names.

/** An instance of a class: its fields by name, those of superclasses too, and what its class wrote beside them. */
export interface JavaObject {
  readonly kind: 'object';
  readonly className: string;
  readonly fields: ReadonlyMap<string, JavaValue>;
  /** What `writeObject` methods added, in order: elements of collections, and raw data. */
  readonly extra: readonly JavaValue[];
}

/** A constant of an enum. */
export interface JavaEnum {
  readonly kind: 'enum';
  readonly className: string;
  readonly constant: string;
}

export interface JavaArray {
  readonly kind: 'array';
  /** As Java writes it: `[Ljava.lang.String;`, `[I`. */
  readonly className: string;
  readonly items: readonly JavaValue[];
}

/** A class as a value. */
export interface JavaClass {
  readonly kind: 'class';
  readonly className: string;
}

/** `long` is a bigint; a byte array and raw data are bytes. */
export type JavaValue = null | boolean | number | bigint | string | Uint8Array | JavaObject | JavaEnum | JavaArray | JavaClass;

export function isJavaObject(value: JavaValue | undefined): value is JavaObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
}

export function isJavaEnum(value: JavaValue | undefined): value is JavaEnum {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'enum';
}

export function isJavaArray(value: JavaValue | undefined): value is JavaArray {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'array';
}

/** The name without its package: shaded clients put classes elsewhere. */
export function simpleName(className: string): string {
  return className.slice(className.lastIndexOf('.') + 1);
}
