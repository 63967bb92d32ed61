import { gzipSync } from 'node:zlib'
import { xmlText } from '../plist.ts'
import { BUNDLE_FOLDER, MACOS_MIN, type Product } from '../product.ts'
import { file, type TreeEntry } from '../tree.ts'
import { billOfMaterials } from './bom.ts'
import { cpioArchive } from './cpio.ts'
import { xarArchive } from './xar.ts'

/** What a package installs and runs. */
export interface PackageContent {
  readonly product: Product
  /** Parents before what is in them. */
  readonly entries: readonly TreeEntry[]
  readonly preinstall: string
  readonly postinstall: string
  /** Modification time of everything, seconds since 1970: the same input gives the same bytes. */
  readonly seconds: number
}

const COMPONENT = 'agent.pkg'
const BYTES_PER_KIB = 1_024
const SCRIPT_MODE = 0o755

/**
 * Writes a flat installer package with one component: a xar archive of Distribution, PackageInfo,
 * Bom, Payload and Scripts. It is not signed: `productsign` does that, on a Mac.
 */
export function productPackage(content: PackageContent): Buffer {
  const { entries, seconds } = content
  const scripts = [
    file('preinstall', content.preinstall, SCRIPT_MODE),
    file('postinstall', content.postinstall, SCRIPT_MODE),
  ]
  const bytes = entries.reduce((sum, one) => sum + (one.kind === 'file' ? one.bytes.length : 0), 0)
  const size = { files: entries.length + 1, kibibytes: Math.ceil(bytes / BYTES_PER_KIB) }
  const component = [
    { name: 'PackageInfo', bytes: Buffer.from(packageInfo(content.product, size)) },
    { name: 'Bom', bytes: billOfMaterials(entries, seconds) },
    { name: 'Payload', bytes: gzip(cpioArchive(entries, seconds)) },
    { name: 'Scripts', bytes: gzip(cpioArchive(scripts, seconds)) },
  ]
  const distribution = Buffer.from(distributionText(content.product, size))
  return xarArchive(
    [
      { name: 'Distribution', bytes: distribution },
      ...component.map((one) => ({ folder: COMPONENT, ...one })),
    ],
    new Date(seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z'),
  )
}

function gzip(bytes: Buffer): Buffer {
  return gzipSync(bytes, { level: 9 })
}

interface InstalledSize {
  readonly files: number
  readonly kibibytes: number
}

/** The empty `relocate` keeps the installer from following a bundle that somebody moved. */
function packageInfo({ bundleId, version }: Product, size: InstalledSize): string {
  const id = xmlText(bundleId)
  return `<?xml version="1.0" encoding="utf-8"?>
<pkg-info overwrite-permissions="true" relocatable="false" identifier="${id}.pkg" \
postinstall-action="none" version="${xmlText(version)}" format-version="2" \
install-location="/" auth="root">
  <payload numberOfFiles="${size.files}" installKBytes="${size.kibibytes}"/>
  <bundle path="./${xmlText(BUNDLE_FOLDER)}" id="${id}" \
CFBundleShortVersionString="${xmlText(version)}" CFBundleVersion="${xmlText(version)}"/>
  <bundle-version><bundle id="${id}"/></bundle-version>
  <upgrade-bundle><bundle id="${id}"/></upgrade-bundle>
  <update-bundle/>
  <atomic-update-bundle/>
  <strict-identifier><bundle id="${id}"/></strict-identifier>
  <relocate/>
  <scripts>
    <preinstall file="./preinstall"/>
    <postinstall file="./postinstall"/>
  </scripts>
</pkg-info>
`
}

function distributionText({ bundleId, version }: Product, size: InstalledSize): string {
  const id = `${xmlText(bundleId)}.pkg`
  return `<?xml version="1.0" encoding="utf-8"?>
<installer-gui-script minSpecVersion="2">
  <title>Pomona Agent</title>
  <options customize="never" require-scripts="false" rootVolumeOnly="true" \
hostArchitectures="arm64,x86_64"/>
  <domains enable_localSystem="true"/>
  <volume-check>
    <allowed-os-versions><os-version min="${MACOS_MIN}"/></allowed-os-versions>
  </volume-check>
  <choices-outline>
    <line choice="default"><line choice="${id}"/></line>
  </choices-outline>
  <choice id="default"/>
  <choice id="${id}" visible="false"><pkg-ref id="${id}"/></choice>
  <pkg-ref id="${id}" version="${xmlText(version)}" installKBytes="${size.kibibytes}" \
auth="root" onConclusion="none">#${COMPONENT}</pkg-ref>
</installer-gui-script>
`
}
