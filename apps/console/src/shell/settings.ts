/** What the console remembers in the browser: how things look, nothing of what was seen. */
export type Setting = 'language' | 'time_zone' | 'facets' | 'views' | 'tree_view'

const PREFIX = 'pomona.'

/** Reads a setting; `undefined` when it was never set or the browser keeps nothing. */
export function readSetting(name: Setting): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined
  } catch {
    // Storage is switched off: every visit starts from the defaults.
    return undefined
  }
}

/** Keeps a setting; without storage it lasts until the page is left. */
export function writeSetting(name: Setting, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value)
  } catch {
    // Storage is full or switched off; the choice still holds for this page.
  }
}
