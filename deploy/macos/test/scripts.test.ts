import { equal, match, ok } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { launchdPlist } from '../launchd.ts'
import { EXECUTABLE } from '../product.ts'
import { postinstallScript, preinstallScript, uninstallScript } from '../scripts.ts'

const PRODUCT = { bundleId: 'com.example.agent', version: '1.2.3' }
const SCRIPTS = [preinstallScript, postinstallScript, uninstallScript]

for (const script of SCRIPTS) {
  test(`scripts: ${script.name} is a shell script without errors of syntax`, () => {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script(PRODUCT), encoding: 'utf8' })
    equal(status, 0, stderr)
  })

  test(`scripts: ${script.name} names every program by its path`, () => {
    const bare = /^(?!#)\s*(?:launchctl|rm|mkdir|chown|chmod|pkgutil|id)\b/m
    ok(!bare.test(script(PRODUCT)))
  })
}

test('uninstaller: without root it does nothing and says so', (t) => {
  const probe = uninstallScript(PRODUCT).replace('"$(/usr/bin/id -u)"', '"501"')
  const { status, stderr } = spawnSync('sh', ['-s'], { input: probe, encoding: 'utf8' })
  if (status === null) return t.skip('There is no shell here.')
  equal(status, 1)
  match(stderr, /Run it as root/)
})

test('launchd: what it starts is what the package installs', () => {
  ok(launchdPlist(PRODUCT).includes(`<string>/${EXECUTABLE}</string>`))
})
