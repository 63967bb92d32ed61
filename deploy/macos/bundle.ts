import { createHash } from 'node:crypto'
import { signAdHoc } from './mach-o/sign.ts'
import { universalBinary } from './mach-o/universal.ts'
import { plistText } from './plist.ts'
import { BUNDLE_FOLDER, EXECUTABLE, MACOS_MIN, type Product } from './product.ts'
import { uninstallScript } from './scripts.ts'
import { file, folder, type TreeEntry } from './tree.ts'

const UNINSTALLER = 'Resources/uninstall.sh'

/**
 * The application bundle: one executable for both processors, signed ad hoc, and the uninstaller.
 * A bundle and not a bare file, because only then macOS knows the agent by its identifier in
 * profiles and in the list of background items.
 *
 * @param slices The executable, thin, once a processor.
 */
export function applicationBundle(slices: readonly Buffer[], product: Product): TreeEntry[] {
  const infoPlist = Buffer.from(infoPlistText(product))
  const uninstaller = Buffer.from(uninstallScript(product))
  const codeResources = Buffer.from(codeResourcesText(uninstaller))
  const identity = { identifier: product.bundleId, infoPlist, codeResources }
  const signed = slices.map((slice) => signAdHoc(slice, identity))
  const contents = `${BUNDLE_FOLDER}/Contents`
  return [
    folder(BUNDLE_FOLDER),
    folder(contents),
    file(`${contents}/Info.plist`, infoPlist),
    folder(`${contents}/MacOS`),
    file(EXECUTABLE, universalBinary(signed), 0o755),
    folder(`${contents}/Resources`),
    file(`${contents}/${UNINSTALLER}`, uninstaller, 0o755),
    folder(`${contents}/_CodeSignature`),
    file(`${contents}/_CodeSignature/CodeResources`, codeResources),
  ]
}

function infoPlistText({ bundleId, version }: Product): string {
  return plistText({
    CFBundleDevelopmentRegion: 'en',
    CFBundleDisplayName: 'Pomona Agent',
    CFBundleExecutable: 'pomona-agent',
    CFBundleIdentifier: bundleId,
    CFBundleInfoDictionaryVersion: '6.0',
    CFBundleName: 'Pomona Agent',
    CFBundlePackageType: 'APPL',
    CFBundleShortVersionString: version,
    CFBundleSupportedPlatforms: ['MacOSX'],
    CFBundleVersion: version,
    LSBackgroundOnly: true,
    LSMinimumSystemVersion: MACOS_MIN,
    LSUIElement: true,
  })
}

/**
 * The seal over everything but the executable and Info.plist, which the signature itself binds.
 *
 * @see Apple's technical note 2206, section on resource rules.
 */
function codeResourcesText(uninstaller: Buffer): string {
  const sha1 = createHash('sha1').update(uninstaller).digest()
  const sha256 = createHash('sha256').update(uninstaller).digest()
  return plistText({
    files: { [UNINSTALLER]: sha1 },
    files2: { [UNINSTALLER]: { hash2: sha256 } },
    rules: { '^Resources/': true, '^version.plist$': true },
    rules2: {
      '^.*': true,
      '^Info\\.plist$': { omit: true, weight: 20 },
      '^PkgInfo$': { omit: true, weight: 20 },
      '^Resources/': { weight: 20 },
    },
  })
}
