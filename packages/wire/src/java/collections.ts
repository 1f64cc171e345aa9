// What Java's own collections write of themselves, as far as job requests hold them.
import { isJavaArray, isJavaObject, simpleName, type JavaValue } from './values.js';

/**
 * The elements of a list or set; undefined when the value is none that is known. `null` has none. `wrappings`: unmodifiable and
 * synchronised ones around it, at most: a hostile one may be wrapped in itself.
 */
export function javaElements(value: JavaValue | undefined, wrappings = 3): readonly JavaValue[] | undefined {
  if (value === null || value === undefined) return [];
  if (isJavaArray(value)) return value.items;
  if (!isJavaObject(value)) return undefined;
  const name = simpleName(value.className);
  // Guava's and java.util's immutable ones are written as something that holds an array.
  for (const field of ['elements', 'array', 'a']) {
    const held = value.fields.get(field);
    if (isJavaArray(held)) return held.items;
  }
  if (name === 'Collections$SingletonSet' || name === 'Collections$SingletonList') return [value.fields.get('element') ?? null];
  if (name.startsWith('Collections$Empty')) return [];
  if (['ArrayList', 'LinkedList', 'HashSet', 'LinkedHashSet', 'TreeSet', 'ArrayDeque', 'CollSer'].includes(name))
    return value.extra.filter((item) => !(item instanceof Uint8Array));
  const wrapped = value.fields.get('c');
  return wrapped === undefined || wrappings === 0 ? undefined : javaElements(wrapped, wrappings - 1);
}

/** The pairs of a map; undefined when the value is none that is known. */
export function javaEntries(value: JavaValue | undefined): ReadonlyMap<JavaValue, JavaValue> | undefined {
  if (!isJavaObject(value)) return undefined;
  const name = simpleName(value.className);
  if (!['HashMap', 'LinkedHashMap', 'TreeMap', 'Hashtable'].includes(name)) return undefined;
  const items = value.extra.filter((item) => !(item instanceof Uint8Array));
  const entries = new Map<JavaValue, JavaValue>();
  for (let i = 0; i + 1 < items.length; i += 2) entries.set(items[i]!, items[i + 1]!);
  return entries;
}
