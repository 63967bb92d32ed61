/** What a script does that deserves a look. */
export interface FeatureRule {
  /** Name, a contract for those who weigh it. */
  readonly feature: string
  readonly meaning: string
  /** ATT&CK techniques. */
  readonly techniques: readonly string[]
  readonly pattern: RegExp
}

// Bounded, as everything repeated here: two gaps in one pattern cost the product of both.
const GAP = '[^\\n]{0,100}?'

function between(...parts: readonly string[]): RegExp {
  return new RegExp(parts.join(GAP), 'gi')
}

/** A feature by its name, meaning and techniques. */
function rule(
  feature: string,
  { meaning, techniques, pattern }: Omit<FeatureRule, 'feature'>,
): FeatureRule {
  return { feature, meaning, techniques, pattern }
}

/** Everything that is looked for, each in one line of text. */
export const FEATURE_RULES: readonly FeatureRule[] = [
  rule('download_and_run', {
    meaning: 'Hands what it downloads to an interpreter.',
    techniques: ['T1105', 'T1059.004'],
    pattern: between(
      '\\b(?:curl|wget)\\b',
      '(?:\\||<\\(|\\$\\()',
      '(?:\\b(?:ba|z|da)?sh\\b|python[\\d.]*|perl|ruby|osascript|node)\\b',
    ),
  }),
  rule('run_downloaded', {
    meaning: 'Gives an interpreter the output of a download.',
    techniques: ['T1105', 'T1059.004'],
    pattern: between(
      '(?:\\b(?:ba|z|da)?sh\\b\\s+-c|\\beval\\b|python[\\d.]*\\s+-c)',
      '\\$\\(',
      '\\b(?:curl|wget)\\b',
    ),
  }),
  rule('download', {
    meaning: 'Downloads.',
    techniques: ['T1105'],
    pattern:
      /\b(?:curl|wget)\s[^\n]{0,300}?(?:https?|ftp):\/\/|urllib\.request|requests\.get\(|NSURLSession|Net::HTTP|URLSession\.shared/gi,
  }),
  rule('decode_and_run', {
    meaning: 'Decodes something and runs it.',
    techniques: ['T1140', 'T1027'],
    pattern: between(
      'base64\\s+(?:-[dD]|--decode)',
      '\\|',
      '\\b(?:(?:ba|z)?sh|python[\\d.]*|perl|osascript)\\b',
    ),
  }),
  rule('evaluates_hidden', {
    meaning: 'Evaluates what it has decoded.',
    techniques: ['T1140', 'T1027'],
    pattern:
      /\beval\s[^\n]{0,200}?(?:base64|xxd|openssl|rev\b|gunzip|\$\(printf)|\bexec\([^\n]{0,200}?(?:b64decode|decompress|fromhex|marshal\.loads)|\beval\(\s*(?:atob|unescape|Buffer\.from)\(|new Function\(/gi,
  }),
  rule('decrypts', {
    meaning: 'Decrypts with openssl.',
    techniques: ['T1140'],
    pattern: /\bopenssl\s+(?:enc\s)?[^\n]{0,200}?\s-d\b/gi,
  }),
  rule('asks_for_password', {
    meaning: 'Asks the user for a password in a dialog of its own.',
    techniques: ['T1056.002'],
    pattern: /display dialog[^\n]{0,600}?(?:hidden answer|password)|hidden answer/gi,
  }),
  rule('tests_password', {
    meaning: 'Checks a password against the directory.',
    techniques: ['T1056.002'],
    pattern: /\bdscl\b[^\n]{0,200}?\bauthonly\b/gi,
  }),
  rule('sudo_with_password', {
    meaning: 'Gives sudo a password without asking.',
    techniques: ['T1548.003'],
    pattern: /\bsudo\s+(?:-\w{1,40}\s{1,20}){0,8}-\w{0,20}S\b|with administrator privileges/gi,
  }),
  rule('removes_quarantine', {
    meaning: 'Takes the quarantine mark off files.',
    techniques: ['T1553.001'],
    pattern:
      /\bxattr\s+(?:-\w{1,40}\s{1,20}){0,8}-\w{0,20}[cd]\w{0,20}\b[^\n]{0,200}|removexattr\([^\n]{0,200}?quarantine/gi,
  }),
  rule('disables_gatekeeper', {
    meaning: 'Turns Gatekeeper off or adds exceptions.',
    techniques: ['T1553.001'],
    pattern: /\bspctl\s+(?:--master-disable|--global-disable|--add|--disable)/gi,
  }),
  rule('disables_protection', {
    meaning: 'Changes or stops the system’s protections.',
    techniques: ['T1562.001'],
    pattern:
      /\bcsrutil\s+disable|\bnvram\s+[^\n]{0,80}?csr-active-config|\bfdesetup\s+disable|socketfilterfw\s+[^\n]{0,80}?--setglobalstate\s+off|XProtect[^\n]{0,100}?(?:unload|disable|bootout)|\bpfctl\s+-d\b/gi,
  }),
  rule('resets_privacy', {
    meaning: 'Resets or edits the privacy decisions.',
    techniques: ['T1548.006'],
    pattern: /\btccutil\s+reset|com\.apple\.TCC\/TCC\.db/gi,
  }),
  rule('launch_item', {
    meaning: 'Writes or loads a launch agent or daemon.',
    techniques: ['T1543.001', 'T1543.004'],
    pattern:
      /\/Library\/Launch(?:Agents|Daemons)\b|\blaunchctl\s+(?:load|bootstrap|submit|start|enable)\b/gi,
  }),
  rule('login_item', {
    meaning: 'Adds a login item or hook.',
    techniques: ['T1547.015', 'T1037.002'],
    pattern: /make (?:new )?login item|LoginHook|SMLoginItemSetEnabled|\bsfltool\b/gi,
  }),
  rule('shell_profile', {
    meaning: 'Writes to a profile of the shell.',
    techniques: ['T1546.004'],
    pattern: />>?\s*[^\n]{0,60}?\.(?:zshenv|zshrc|zprofile|bash_profile|bashrc|profile)\b/gi,
  }),
  rule('cron', {
    meaning: 'Uses cron or at.',
    techniques: ['T1053.003'],
    pattern: /\bcrontab\s+(?:-\s|-$|[^-\n]|<)|\/usr\/lib\/cron|\/etc\/crontab/gim,
  }),
  rule('keychain', {
    meaning: 'Reads or copies keychains.',
    techniques: ['T1555.001'],
    pattern:
      /\bsecurity\s+(?:dump-keychain|find-(?:generic|internet)-password|unlock-keychain|export)|login\.keychain(?:-db)?|\/Library\/Keychains\b/gi,
  }),
  rule('browser_data', {
    meaning: 'Reaches for passwords and cookies of browsers.',
    techniques: ['T1555.003', 'T1539'],
    pattern:
      /(?:Google\/Chrome|BraveSoftware|Microsoft Edge|Firefox\/Profiles|com\.apple\.Safari|Vivaldi|Opera(?:Software)?)[^\n]{0,200}?(?:Cookies|Login Data|Web Data|key4\.db|logins\.json|Local Extension Settings)|Cookies\.binarycookies/gi,
  }),
  rule('wallet_data', {
    meaning: 'Reaches for wallets of coins.',
    techniques: ['T1005', 'T1657'],
    pattern:
      /nkbihfbeogaeaoehlefnkodbefgpgknn|\b(?:Exodus|Electrum|Coinomi|Atomic|Guarda|Ledger Live|Trezor Suite|MetaMask|wallet\.dat)\b[^\n]{0,100}?(?:wallet|Local Storage|leveldb|\/)/gi,
  }),
  rule('messages_data', {
    meaning: 'Reaches for messages, notes or sessions of messengers.',
    techniques: ['T1005'],
    pattern:
      /NoteStore\.sqlite|Messages\/chat\.db|Telegram Desktop\/tdata|discord\/Local Storage/gi,
  }),
  rule('uploads', {
    meaning: 'Sends files or data away.',
    techniques: ['T1041', 'T1567'],
    pattern:
      /\bcurl\s[^\n]{0,300}?(?:-F\s|--form\b|-T\s|--upload-file|--data-binary|-d\s+@|-X\s*POST)|requests\.post\(|api\.telegram\.org\/bot|discord(?:app)?\.com\/api\/webhooks/gi,
  }),
  rule('archives_data', {
    meaning: 'Packs files together.',
    techniques: ['T1560.001'],
    pattern:
      /\bditto\s+(?:-\w{1,40}\s{1,20}){0,8}-\w{0,20}c\w{0,20}\b|\bzip\s+(?:-\w{1,40}\s{1,20}){0,8}-\w{0,20}r|\btar\s+-?\w{0,20}c\w{0,20}f\b|shutil\.make_archive/gi,
  }),
  rule('reverse_shell', {
    meaning: 'Connects a shell to another machine.',
    techniques: ['T1059.004', 'T1095'],
    pattern:
      /\/dev\/tcp\/|\b(?:ba|z)?sh\s+-i\b[^\n]{0,80}?[<>]&|\bnc\s[^\n]{0,100}?-e\s|\bmkfifo\b[^\n]{0,200}?\bnc\b|socket\.socket\([^\n]{0,300}?dup2|pty\.spawn\(/gi,
  }),
  rule('injects_library', {
    meaning: 'Loads a library into other programs.',
    techniques: ['T1574.006'],
    pattern: /\bDYLD_(?:INSERT_LIBRARIES|FRAMEWORK_PATH|LIBRARY_PATH)\b/g,
  }),
  rule('runs_from_temporary', {
    meaning: 'Makes a file in a temporary folder executable or runs it.',
    techniques: ['T1059.004', 'T1222.002'],
    pattern:
      /\bchmod\s+(?:\+x|0?[0-7]?[1357][0-7]{2}|[ugoa]+\+\w{0,20}x)\s[^\n]{0,100}?(?:\/tmp\/|\/var\/folders\/|\$TMPDIR|\/Users\/Shared\/|mktemp)|(?:^|[;&|]\s*)(?:nohup\s+|open\s+)?(?:\/private)?\/tmp\/[\w.-]+/gim,
  }),
  rule('hides_files', {
    meaning: 'Hides files or works in hidden ones.',
    techniques: ['T1564.001'],
    pattern:
      /\bchflags\s+[^\n]{0,40}?hidden|\bSetFile\s+-a\s+V|(?:\/tmp|\/Users\/Shared|~|\$HOME)\/\.[A-Za-z][\w-]{2,}/gi,
  }),
  rule('hides_window', {
    meaning: 'Closes or hides the window it runs in.',
    techniques: ['T1564.003'],
    pattern:
      /tell application "(?:Terminal|iTerm)"[^\n]{0,200}?(?:close|set visible|quit|miniaturized)|\bkillall\s+(?:-\w{1,40}\s+)?Terminal\b|set visible of [^\n]{0,100}?false/gi,
  }),
  rule('background', {
    meaning: 'Keeps running when its starter ends.',
    techniques: ['T1059.004'],
    pattern: /\bnohup\s|\bdisown\b|&>\s*\/dev\/null\s*&|>\s*\/dev\/null\s+2>&1\s*&/gi,
  }),
  rule('removes_itself', {
    meaning: 'Deletes itself.',
    techniques: ['T1070.004'],
    pattern:
      /\brm\s+(?:-\w{1,40}\s{1,20}){0,8}["']?\$\{?(?:0|BASH_SOURCE)\b|os\.(?:remove|unlink)\(\s*(?:__file__|sys\.argv\[0\])/gi,
  }),
  rule('removes_traces', {
    meaning: 'Removes histories or logs.',
    techniques: ['T1070.002', 'T1070.003'],
    pattern:
      /\bhistory\s+-c\b|\brm\s[^\n]{0,100}?\.(?:bash|zsh)_history|unset\s+HISTFILE|HISTFILE=\/dev\/null|\blog\s+erase\b|\brm\s[^\n]{0,60}?\/var\/log\//gi,
  }),
  rule('looks_around', {
    meaning: 'Gathers facts about the machine.',
    techniques: ['T1082'],
    pattern:
      /\bsystem_profiler\b|\bioreg\b|\bsw_vers\b|\bsysctl\s[^\n]{0,40}?(?:hw\.|machdep\.|kern\.)|\bscutil\s+--get|\bdscl\s+\.\s+(?:-?list|-?read)/gi,
  }),
  rule('looks_for_virtual_machine', {
    meaning: 'Looks whether it is being watched.',
    techniques: ['T1497.001'],
    pattern: /\b(?:QEMU|VMware|VirtualBox|Parallels|hv_vmm_present)\b|Z31FHXYQ0J|C07T508TG1J2/gi,
  }),
  rule('changes_language_check', {
    meaning: 'Asks for keyboard or language, as those do who spare some countries.',
    techniques: ['T1614.001'],
    pattern: /AppleKeyboardLayout|AppleLanguages|AppleLocale|HIToolbox/g,
  }),
  rule('captures_screen', {
    meaning: 'Takes pictures of the screen.',
    techniques: ['T1113'],
    pattern: /\bscreencapture\s/g,
  }),
  rule('reads_clipboard', {
    meaning: 'Reads the clipboard.',
    techniques: ['T1115'],
    pattern: /\bpbpaste\b|the clipboard\b/gi,
  }),
  rule('keystrokes', {
    meaning: 'Types or clicks for the user.',
    techniques: ['T1059.002'],
    pattern: /\bkeystroke\s+"|\bkey code\s+\d|tell application "System Events"[^\n]{0,200}?click/gi,
  }),
  rule('runs_shell', {
    meaning: 'Starts commands of the shell from another language.',
    techniques: ['T1059.004'],
    pattern:
      /\bdo shell script\b|\bdoShellScript\b|os\.system\(|subprocess\.(?:run|call|Popen|check_output)\(|child_process|\$\.system\(|NSTask\b|Kernel\.system|\bosascript\s+-e\b/gi,
  }),
  rule('account', {
    meaning: 'Makes accounts or administrators.',
    techniques: ['T1136.001'],
    pattern:
      /\bdscl\s+\.\s+-?create\s|\bsysadminctl\s[^\n]{0,60}?-addUser|\bdseditgroup\s[^\n]{0,100}?admin|NOPASSWD/gi,
  }),
  rule('profile', {
    meaning: 'Installs a configuration profile or a trusted certificate.',
    techniques: ['T1553.004'],
    pattern: /\bprofiles\s+(?:-I|install)|\bsecurity\s+add-trusted-cert|\.mobileconfig\b/gi,
  }),
  rule('proxy', {
    meaning: 'Sends traffic of the machine elsewhere.',
    techniques: ['T1090', 'T1565.002'],
    pattern:
      /\bnetworksetup\s+-set(?:web|secureweb|socks|auto)\w{0,20}|>>?\s*\/etc\/hosts\b|tee\s[^\n]{0,20}?\/etc\/hosts\b/gi,
  }),
]
