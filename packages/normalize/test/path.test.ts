import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { fileAt } from '../src/file.ts'
import { nameExtension, pathDirectory, pathName, pathOfFileUrl, resolvePath } from '../src/path.ts'

const parts = [
  ['/a/b.txt', 'b.txt', '/a', 'txt'],
  ['/b.tar.gz', 'b.tar.gz', '/', 'gz'],
  ['/a/.zshrc', '.zshrc', '/a', undefined],
  ['/a/name.', 'name.', '/a', undefined],
  ['/', undefined, undefined, undefined],
  ['/a/', undefined, '/a', undefined],
  ['relative', 'relative', undefined, undefined],
] as const

for (const [path, name, directory, extension] of parts) {
  test(`path: ${path} has name ${name} in ${directory}`, () => {
    equal(pathName(path), name)
    equal(pathDirectory(path), directory)
    equal(nameExtension(name ?? ''), extension)
    const file = fileAt(path)
    equal(file.name, name)
    equal(file.directory, directory)
    equal(file.extension, extension)
  })
}

const urls = [
  ['file:///Library/LaunchAgents/a.plist', '/Library/LaunchAgents/a.plist'],
  ['file:///Applications/My%20App.app/', '/Applications/My App.app'],
  ['file://localhost/tmp/a', '/tmp/a'],
  ['file:///tmp/100%', '/tmp/100%'],
  ['file:///tmp/%ff', '/tmp/%ff'],
  ['file:///', '/'],
  ['file://', undefined],
  ['/tmp/50%25.txt', '/tmp/50%25.txt'],
  ['Contents/MacOS/x', 'Contents/MacOS/x'],
] as const

for (const [url, path] of urls) {
  test(`path: ${url} is the file ${path}`, () => equal(pathOfFileUrl(url), path))
}

test('path: only a relative path is put under a base, and only where one is known', () => {
  equal(resolvePath({ path: 'a/b', base: '/x' }), '/x/a/b')
  equal(resolvePath({ path: '/a', base: '/x' }), '/a')
  equal(resolvePath({ path: 'a', base: undefined }), 'a')
})
