// Maps of messages are plain objects; their keys come from clients.

/** Sets an entry of a decoded map. A key such as `__proto__` becomes an own property like any other. */
export function setEntry<V>(map: Record<PropertyKey, V>, key: PropertyKey, value: V): void {
  if (key === '__proto__') Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}
