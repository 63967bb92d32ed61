import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { redactArguments, redactEnvironment } from '../../src/redact/arguments.ts'

// What people and systems really run, and what reads like a secret without being one.
const harmless = [
  'git commit -m "Add token refresh: password reset page"',
  'git rev-parse 3f786850e387550fdab836ed7e6dc881de23001b',
  'shasum -a 256 -c e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'security find-generic-password -s Wi-Fi -a maya',
  'security find-identity -v -p codesigning',
  'docker run -p 8080:80 nginx:1.27',
  'mkdir -p /Users/maya/project',
  'ssh -p 2222 host.example',
  'ps -p 400',
  'tokenizer --max-tokens 4096 --token-limit 100 input.txt',
  'vim /etc/pam.d/passwd',
  'curl -fsSL https://example.com/path:with/colon@2x.png',
  'open x-apple.systempreferences:com.apple.preference.security',
  'xcodebuild -derivedDataPath /Users/m/Library/Developer/Xcode/DerivedData/App-bhfqkyyksqhfcldvfdcm',
  '/Applications/Google Chrome.app/Contents/MacOS/Google --field-trial-handle=1718379636,r,1234',
  'mdfind kMDItemContentType=public.plain-text',
  'sh -c echo aGVsbG8gd29ybGQgdGhpcyBpcyBhIGNvbW1hbmQ= | base64 -d | sh',
  '/System/Library/CoreServices/Software Update.app/Contents/Resources/softwareupdated',
  'launchctl bootstrap gui/501 /Users/maya/Library/LaunchAgents/com.example.agent.plist',
  'python3 -m pip install token-bucket==1.0 pass-through',
  'defaults write com.apple.screensaver askForPassword -int 1',
  'npm run build --prefix packages/auth-token',
  'com.apple.WebKit.WebContent.xpc 8F14E45F-CEEA-4678-A2B2-1E0B3C9D5F10',
  '/usr/libexec/nehelper NSURLSessionConfigurationBackgroundIdentifier',
  'aws s3 ls --profile password-reset-service',
  'kubectl get secret --namespace default',
  'kubectl delete secret my-secret',
  'gcloud auth print-access-token --format json',
  'op read --account my.1password.eu',
  'PWD=/Users/maya OLDPWD=/ make',
  'GITHUB_TOKEN=/run/secrets/token ./deploy',
]
for (const line of harmless) {
  test(`arguments: left alone: ${line}`, () => {
    const args = line.split(' ')
    equal(redactArguments(args), args)
    const shell = ['/bin/sh', '-c', line]
    equal(redactArguments(shell), shell)
  })
}

const variables = [
  'SSH_AUTH_SOCK=/private/tmp/com.apple.launchd.XVrMmz/Listeners',
  'TERM_SESSION_ID=8F14E45F-CEEA-4678-A2B2-1E0B3C9D5F10',
  'GITHUB_TOKEN_FILE=/run/token',
  'PASSWORD_STORE_DIR=/Users/maya/.password-store',
  'SECURITYSESSIONID=186a7',
  'NEXT_PUBLIC_TOKEN_LIMIT=4096',
  'GPG_TTY=/dev/ttys001',
  'npm_config_userconfig=/Users/maya/.npmrc',
  'PWD=/Users/maya',
  'OLDPWD=/Users/maya/src',
  'API_TOKEN=$CI_TOKEN',
  'NO_PASSWORD=true',
  'XPC_SERVICE_NAME=application.com.apple.Terminal.1152921500311879701.1152921500311879706',
]
for (const variable of variables) {
  test(`environment: left alone: ${variable}`, () => {
    const list = [variable]
    equal(redactEnvironment(list), list)
  })
}

test('arguments: the rest of a command stays readable', () => {
  const args = ['/bin/sh', '-c', 'curl -u maya:hunter2 https://maya:hunter2@a.example/x?id=7']
  const [, , line] = redactArguments(args)
  equal(line?.startsWith('curl -u maya:'), true)
  equal(line?.endsWith('@a.example/x?id=7'), true)
})

test('arguments: hostile texts of a megabyte are done with at once', () => {
  const startedNs = process.hrtime.bigint()
  for (const piece of [
    'a',
    'eyJ',
    '--password ',
    'token=',
    '"',
    "echo '",
    '//a:',
    'x:y ',
    'A1b-',
  ]) {
    redactArguments(['/bin/x', piece.repeat(1_000_000 / piece.length)])
  }
  const spentMs = Number(process.hrtime.bigint() - startedNs) / 1e6
  equal(spentMs < 20_000, true, `${spentMs} ms`)
})
