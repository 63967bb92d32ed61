import { ALERT_FINDERS, type AlertFinder, type AlertRecord } from '@pomona/schema'

/** The finders of an alert with one more among them, in the order of the list. */
export function withFinder(
  known: readonly AlertFinder[],
  finder: AlertFinder,
): readonly AlertFinder[] {
  return ALERT_FINDERS.filter((name) => name === finder || known.includes(name))
}

/** Finders as a record tells them: nothing when it is the server alone. */
export function foundBy(finders: string): Pick<AlertRecord, 'found_by'> {
  const names = findersOf(finders)
  return names.length === 1 && names[0] === 'server' ? {} : { found_by: [...names] }
}

/** Finders as the table has them. */
export function findersOf(text: string): readonly AlertFinder[] {
  const words = text.split(' ')
  return ALERT_FINDERS.filter((name) => words.includes(name))
}
