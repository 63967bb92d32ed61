/** Writes a value as eslogger does: compact, with `/` escaped as `\/`. Not for `undefined`. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll('/', '\\/')
}
