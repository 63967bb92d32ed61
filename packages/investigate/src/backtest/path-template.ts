import { type Pattern, writeSigmaText } from '@pomona/rules'

// Names that stand for a person, a run or a version rather than for a program.
const UUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i
const HEX = /^(?=.*\d)[0-9a-f]{8,}$/i
const NUMBER = /^\d{2,}$/
const VERSION = /^v?\d+(?:\.\d+)+(?:[-+_.][0-9A-Za-z.]+)?$/
const RANDOM_ENDING = /^(.{2,}[._-])(?=[0-9A-Za-z]*[0-9])(?=[0-9A-Za-z]*[A-Za-z])[0-9A-Za-z]{6,}$/
const ANY = '*'
const SEGMENTS_MAX = 64
/** Longer names are kept as they are: nobody reads them, and looking into them takes time. */
const SEGMENT_CHARS_MAX = 128

/**
 * The place a path stands for: names of users, versions, random and temporary parts become `*`, so
 * that the same program of many Macs is one place. Written as a Sigma string; it always matches the
 * path it was made of.
 */
export function pathTemplate(path: string): string {
  const segments = path.split('/')
  if (segments.length > SEGMENTS_MAX) return writeSigmaText([{ text: path }])
  const pattern: Pattern = segments.flatMap((segment, index) => {
    const parts = segmentPattern(segment, segments[index - 1] ?? '')
    return index === 0 ? parts : [{ text: '/' }, ...parts]
  })
  return writeSigmaText(pattern)
}

function segmentPattern(segment: string, before: string): Pattern {
  if (segment === '') return []
  if (before === 'Users' && segment !== 'Shared') return [{ wildcard: ANY }]
  if (before === 'folders') return [{ wildcard: ANY }]
  if (segment.length > SEGMENT_CHARS_MAX) return [{ text: segment }]
  if ([UUID, HEX, NUMBER, VERSION].some((form) => form.test(segment))) return [{ wildcard: ANY }]
  const kept = RANDOM_ENDING.exec(segment)?.[1]
  return kept === undefined ? [{ text: segment }] : [{ text: kept }, { wildcard: ANY }]
}
