import { CONFIG_PATH, LOG_PATH, STATE_FOLDER } from './launchd.ts'
import { EXECUTABLE, INSTALL_FOLDER, launchdPath, type Product } from './product.ts'

const STRICT = `#!/bin/sh
set -eu
PATH=/usr/bin:/bin:/usr/sbin:/sbin
export PATH
`

/** Runs before the files are laid down: an agent of an earlier version stops. */
export function preinstallScript(product: Product): string {
  return `${STRICT}
# Absent on a first install; launchctl then fails, which is fine.
/bin/launchctl bootout "system/${product.bundleId}" 2>/dev/null || true
exit 0
`
}

/**
 * Runs after the files are laid down: folders that only root reads, then the start. The system that
 * is installed onto may not be the one that runs; then launchd starts the agent at its next boot.
 */
export function postinstallScript(product: Product): string {
  const log = LOG_PATH.replace(/\/[^/]*$/, '')
  return `${STRICT}
target="\${3:-/}"
root="\${target%/}"
/bin/mkdir -p "$root${STATE_FOLDER}" "$root${log}"
/usr/sbin/chown root:wheel "$root${STATE_FOLDER}" "$root${log}"
/bin/chmod 0700 "$root${STATE_FOLDER}"
/bin/chmod 0750 "$root${log}"
if [ ! -e "$root${CONFIG_PATH}" ]; then
  (umask 077 && echo '{}' > "$root${CONFIG_PATH}")
fi
if [ -z "$root" ]; then
  /bin/launchctl bootstrap system "/${launchdPath(product)}" || /bin/launchctl kickstart -k "system/${product.bundleId}"
fi
exit 0
`
}

/**
 * Removes the agent. Its state (identity, unsent events) stays unless `--all` is given, so that
 * an agent that comes back goes on as the same host.
 */
export function uninstallScript(product: Product): string {
  return `${STRICT}
# Removes the Pomona agent from this Mac. With --all also its identity and unsent events.
if [ "$(/usr/bin/id -u)" -ne 0 ]; then
  echo "Run it as root: sudo \\"$0\\"" >&2
  exit 1
fi
case "\${1:-}" in
  '' | --all) ;;
  *)
    echo "Usage: uninstall.sh [--all]" >&2
    exit 2
    ;;
esac
/bin/launchctl bootout "system/${product.bundleId}" 2>/dev/null || true
/bin/rm -f "/${launchdPath(product)}"
if [ "\${1:-}" = --all ]; then
  /bin/rm -rf "/${INSTALL_FOLDER}" "${LOG_PATH}"
else
  /bin/rm -rf "/${EXECUTABLE.replace(/\/Contents\/.*$/, '')}"
fi
/usr/sbin/pkgutil --forget "${product.bundleId}.pkg" >/dev/null 2>&1 || true
echo "The Pomona agent is removed."
`
}
