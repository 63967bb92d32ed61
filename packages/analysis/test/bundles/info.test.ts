import { deepEqual, equal, throws } from 'node:assert/strict'
import { test } from 'node:test'
import { readBundleInfo } from '../../src/bundles/info.ts'
import { Budget } from '../../src/bytes/budget.ts'

const infoOf = (body: string) =>
  readBundleInfo(Buffer.from(`<plist><dict>${body}</dict></plist>`), new Budget())

for (const value of [
  '<true/>',
  '<string>YES</string>',
  '<string>1</string>',
  '<integer>1</integer>',
]) {
  test(`bundle info: ${value} hides an application`, () => {
    equal(infoOf(`<key>LSUIElement</key>${value}`).isHidden, true)
    equal(infoOf(`<key>LSBackgroundOnly</key>${value}`).isHidden, true)
  })
}

test('bundle info: what is not there is absent, what has another type is not taken', () => {
  const info = infoOf('<key>CFBundleIdentifier</key><true/><key>LSUIElement</key><false/>')
  deepEqual(info, {
    isHidden: false,
    environment: new Map(),
    urlSchemes: [],
    asarIntegrity: [],
  })
})

test('bundle info: what is no property list fails by its code', () => {
  throws(() => readBundleInfo(Buffer.from('x'), new Budget()), { code: 'ERR_ANALYSIS_TRUNCATED' })
})
