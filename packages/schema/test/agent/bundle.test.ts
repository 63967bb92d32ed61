import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { BundleFile } from '../../src/index.ts'

const paths = [
  { path: 'detections/x/rule.yml', fits: true },
  { path: 'policy.json', fits: true },
  { path: '../rule.yml', fits: false },
  { path: 'a/../../b', fits: false },
  { path: '/etc/passwd', fits: false },
  { path: 'a//b', fits: false },
  { path: 'a/', fits: false },
  { path: '.hidden', fits: false },
  { path: 'a\\b', fits: false },
  { path: 'a\u0000b', fits: false },
]
for (const { path, fits } of paths) {
  test(`bundle: the path ${JSON.stringify(path)} is ${fits ? 'taken' : 'refused'}`, () => {
    const file = { path, sha256: 'a'.repeat(64), bytes: 1 }
    equal(BundleFile.safeParse(file).success, fits)
  })
}
