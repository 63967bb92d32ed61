import { literalsOf } from '../literals.ts'
import { type Decoder, textDecoding } from './decoding.ts'

const ESCAPES_MIN = 4
const TABLES_MAX = 8
const VARIABLES_MAX = 1_000
const VALUE_LENGTH_MAX = 100_000
const EXPANDED_LENGTH_MAX = 1_048_576

const ESCAPE =
  /\\x([0-9a-fA-F]{2})|\\u\{?([0-9a-fA-F]{4,6})\}?|\\([0-3][0-7]{2})|%([0-9a-fA-F]{2})/g

/** Characters written as numbers: `\x68`, `\u0068`, `\150`, `%68`. */
export const decodeEscapes: Decoder = (text) => {
  let count = 0
  const plain = text.replaceAll(ESCAPE, (whole, ...codes: (string | undefined)[]) => {
    const [hex, wide, octal, percent] = codes
    const code = Number.parseInt(
      hex ?? wide ?? octal ?? percent ?? '',
      octal === undefined ? 16 : 8,
    )
    if (!(code <= 0x10_ff_ff)) return whole
    count += 1
    return String.fromCodePoint(code)
  })
  return count >= ESCAPES_MIN ? [textDecoding({ by: 'escapes', text: plain })] : []
}

const CODE_LISTS = [
  /String\.fromCharCode\(\s*((?:0x[\da-f]+|\d+)(?:\s*,\s*(?:0x[\da-f]+|\d+)){3,20000})\s*\)/gi,
  /(?:character|string) id \{\s*(\d+(?:\s*,\s*\d+){3,20000})\s*\}/gi,
  /(?:bytes|bytearray|pack\(\s*["']C\*["']\s*,)\s*\(?\[?\(?\s*(\d+(?:\s*,\s*\d+){7,20000})/gi,
]

/** A call that gives one character, and what may stand between two of them. */
const CODE_CALL = /chr\(\s{0,8}(\d{1,7})\s{0,8}\)|\(?ASCII character (\d{1,3})\)?/gi
const JOINT = /^[\s+.&\u00ac()]{0,12}$/
const CALLS_MIN = 4

/** Characters listed by their codes: `String.fromCharCode(104, …)`, `chr(104) + …`. */
export const decodeCodes: Decoder = (text) => {
  const lists = CODE_LISTS.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([, list = '']) =>
      [...list.matchAll(/0x[\da-f]+|\d+/gi)].map(([code]) => Number(code)),
    ),
  )
  return [...lists, ...codeCalls(text)].flatMap((codes) => {
    if (!codes.every((code) => code <= 0x10_ff_ff)) return []
    const letters = codes.map((code) => String.fromCodePoint(code))
    return [textDecoding({ by: 'character codes', text: letters.join('') })]
  })
}

/** Calls that follow each other, as lists of their codes. */
function codeCalls(text: string): readonly number[][] {
  const lists: number[][] = []
  let [list, end]: [number[], number] = [[], -1]
  for (const match of text.matchAll(CODE_CALL)) {
    const isNext = end !== -1 && match.index - end <= 12 && JOINT.test(text.slice(end, match.index))
    if (!isNext) {
      if (list.length >= CALLS_MIN) lists.push(list)
      list = []
    }
    list.push(Number(match[1] ?? match[2]))
    end = match.index + match[0].length
  }
  if (list.length >= CALLS_MIN) lists.push(list)
  return lists
}

const REVERSES = /\|\s*rev\b|\[::-1\]|\.reverse\b|\breverse\(|strrev\(|reverse of/

/** Texts written backwards, where the script says that it turns some around. */
export const decodeReversed: Decoder = (text) => {
  if (!REVERSES.test(text)) return []
  return literalsOf(text)
    .filter((literal) => literal.text.length >= 6)
    .map((literal) =>
      textDecoding({ by: 'reversed', text: [...literal.text].toReversed().join('') }),
    )
}

const TRANSLATION = /\btr\s+(?:-\w\s+)?(['"]?)([^\s'"|;]{2,300})\1\s+(['"]?)([^\s'"|;]{2,300})\3/g

/** Texts with their letters exchanged by `tr`, rot13 the most usual, and by Python's codec. */
export const decodeTranslated: Decoder = (text) => {
  const tables = [...text.matchAll(TRANSLATION)].map(([, , from = '', , to = '']) =>
    tableOf(from, to),
  )
  if (/rot[_-]?13/i.test(text)) tables.push(tableOf('A-Za-z', 'N-ZA-Mn-za-m'))
  return tables.slice(0, TABLES_MAX).flatMap((table) =>
    literalsOf(text)
      .filter((literal) => literal.text.length >= 8)
      .map(({ text: hidden }) => {
        const plain = [...hidden].map((letter) => table.get(letter) ?? letter).join('')
        return textDecoding({ by: 'letters exchanged', text: plain })
      }),
  )
}

function tableOf(from: string, to: string): ReadonlyMap<string, string> {
  const [sources, targets] = [rangesOf(from), rangesOf(to)]
  const last = targets.at(-1) ?? ''
  return new Map(sources.map((letter, index) => [letter, targets[index] ?? last]))
}

/** The letters of a set such as `A-Za-z`. */
function rangesOf(set: string): string[] {
  const letters: string[] = []
  for (const [, first = '', end, single] of set.matchAll(/(?:(.)-(.))|(.)/gs)) {
    if (single !== undefined) letters.push(single)
    else if (end !== undefined) {
      for (let code = first.charCodeAt(0); code <= end.charCodeAt(0); code++) {
        if (letters.length < 512) letters.push(String.fromCharCode(code))
      }
    }
  }
  return letters
}

const JOINTS = [/"[ \t]*(?:\+|&|\.\.|\.)[ \t\u00ac\n]*"/g, /'[ \t]*(?:\+|&|\.)[ \t\n]*'/g, /""|''/g]

/** Texts in pieces: `"ht" + "tp"`, `"ht" & "tp"`, `cu""rl`. */
export const decodeJoined: Decoder = (text) => {
  const joined = JOINTS.reduce((whole, joint) => whole.replaceAll(joint, ''), text)
  return joined === text ? [] : [textDecoding({ by: 'joined', text: joined })]
}

const ASSIGNMENT =
  /(?:^|[;&|\s])(?:export |local |readonly |declare )?([A-Za-z_]\w{0,63})=(?:"([^"$`\n]*)"|'([^'\n]*)'|([^\s"'$`;&|()]+))/gm
const VARIABLE = /\$\{([A-Za-z_]\w{0,63})\}|\$([A-Za-z_]\w{0,63})/g

/** The variables of a shell script that are given a plain text. */
export function shellVariables(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [, name = '', double, single, bare] of text.matchAll(ASSIGNMENT)) {
    const value = double ?? single ?? bare ?? ''
    if (value.length <= VALUE_LENGTH_MAX) values.set(name, value)
    if (values.size >= VARIABLES_MAX) break
  }
  return values
}

/** Variables of the shell with their texts put in: `$a$b` becomes `curl`. */
export const decodeVariables: Decoder = (text) => {
  const values = shellVariables(text)
  if (values.size === 0) return []
  let length = 0
  const expanded = text.replaceAll(VARIABLE, (whole, braced?: string, plain?: string) => {
    const value = values.get(braced ?? plain ?? '') ?? whole
    length += value.length
    return length > EXPANDED_LENGTH_MAX ? whole : value
  })
  return expanded === text ? [] : [textDecoding({ by: 'variables', text: expanded })]
}
