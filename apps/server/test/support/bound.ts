/** The methods of an object's class as own properties, so that a test can replace one of them. */
export function bound<T extends object>(object: T): T {
  const own: Record<string, unknown> = Object.fromEntries(Object.entries(object))
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(object))) {
    const method: unknown = Reflect.get(object, name)
    if (typeof method === 'function') own[name] = method.bind(object)
  }
  return own as T // Every method of the class, bound.
}
