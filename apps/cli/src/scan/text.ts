import type {
  BundleSummary,
  Finding,
  ImageFacts,
  ImageReport,
  ScriptSummary,
  SignatureReport,
} from '@pomona/analysis'
import { printable } from '../printable.ts'
import type { Scanned } from './scan-file.ts'

const LIST_MAX = 8

function list(items: readonly string[]): string {
  const shown = items.slice(0, LIST_MAX).map((item) => printable(item))
  return items.length > LIST_MAX ? `${shown.join(', ')}, …` : shown.join(', ')
}

function place({ path, member }: Scanned): string {
  return [path, ...(member ?? [])].map((part) => printable(part)).join(' → ')
}

function signatureLines(signature: SignatureReport): string[] {
  const { kind, valid, authorities, predicted, findings, cms } = signature
  const state = kind === 'unsigned' ? 'unsigned' : `${kind}, ${valid ? 'valid' : 'NOT valid'}`
  const names = authorities.length === 0 ? '' : `: ${list(authorities)}`
  const identity = [
    signature.identifier === undefined ? '' : `identifier ${printable(signature.identifier)}`,
    signature.team_id === undefined ? '' : `team ${printable(signature.team_id)}`,
    signature.cdhash === undefined ? '' : `cdhash ${signature.cdhash}`,
    cms?.timestamp === undefined ? '' : `signed ${cms.timestamp.time}`,
  ].filter((part) => part !== '')
  return [
    `${state}${names}`,
    ...(identity.length === 0 ? [] : [identity.join(', ')]),
    ...(kind === 'unsigned' ? [] : [`predicted ${predicted.source}: ${predicted.reason}`]),
    ...findings.map(({ id, detail }) => `! ${id}: ${printable(detail)}`),
  ]
}

function imageLines({ architecture, file_type: type, ...image }: ImageReport): string[] {
  const [build] = image.builds
  const target = build === undefined ? '' : `, ${build.platform} ${build.minimum}+`
  const counts = `${image.libraries.length} libraries, ${image.imports.count} imports`
  const builders = image.builders.map(({ name }) => name)
  return [
    `${architecture} ${type}${target}, ${counts}`,
    ...(builders.length === 0 ? [] : [`  made with ${list(builders)}`]),
    ...image.signals.map(({ id, detail }) => `  ! ${id}: ${printable(detail)}`),
    ...image.problems.map(({ part, message }) => `  ! ${printable(part)}: ${printable(message)}`),
  ]
}

function factsLines({ image, signature }: ImageFacts): string[] {
  return [
    ...(image === undefined ? [] : imageLines(image)),
    ...(signature === undefined ? [] : signatureLines(signature).map((line) => `  ${line}`)),
  ]
}

function scriptLines({ language, interpreter, ...script }: ScriptSummary): string[] {
  const { features, hidden, indicators } = script
  const ways = [...new Set(hidden.map(({ by }) => by))]
  const layers = hidden.length === 0 ? '' : `, hides ${hidden.length} texts: ${list(ways)}`
  const by = interpreter === undefined ? '' : ` by ${printable(interpreter)}`
  const named = [...indicators.urls, ...indicators.domains, ...indicators.addresses]
  return [
    `${language}${by}${layers}`,
    ...features.map(
      ({ feature, layer, line, excerpt }) =>
        `  ! ${feature}, ${layer === 0 ? '' : `hidden text ${layer}, `}line ${line}: ${printable(excerpt)}`,
    ),
    ...(named.length === 0 ? [] : [`  names ${list(named)}`]),
  ]
}

function bundleLine({ path, identifier, executable, hidden, environment }: BundleSummary): string {
  const variables = Object.keys(environment)
  const parts = [
    identifier === undefined ? 'no identifier' : printable(identifier),
    executable === undefined ? 'no executable' : '',
    hidden ? 'without an icon' : '',
    variables.length === 0 ? '' : `sets ${list(variables)}`,
  ]
  return `bundle ${list(path)}: ${parts.filter((part) => part !== '').join(', ')}`
}

function sealLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return ['  seal: everything is as it was sealed']
  return findings.map(({ id, detail }) => `  ! ${id}: ${printable(detail)}`)
}

/** What a scan says of a file to people. */
export function scanLines(scanned: Scanned): readonly string[] {
  const { report, container, seal, findings = [], limits = [], bundles = [] } = scanned
  const type = container === undefined ? report.type : container.format
  return [
    place(scanned),
    `  ${type}, ${report.size} bytes, sha256 ${report.sha256}`,
    ...(report.ssdeep === undefined ? [] : [`  ssdeep ${report.ssdeep}`]),
    ...(report.tlsh === undefined ? [] : [`  tlsh ${report.tlsh}`]),
    ...report.images.flatMap(factsLines).map((line) => `  ${line}`),
    ...(report.script === undefined ? [] : scriptLines(report.script)).map((line) => `  ${line}`),
    ...bundles.map((bundle) => `  ${bundleLine(bundle)}`),
    ...report.problems.map(({ part, message }) => `  ! ${part}: ${printable(message)}`),
    ...(seal === undefined ? [] : sealLines(seal.findings)),
    ...findings.map(({ code, path }) => `  ! ${code}: ${list(path)}`),
    ...limits.map((limit) => `  ! limit ${limit} was met: there is more inside`),
  ]
}

/** The signatures of a file as `codesign -dvvv` lays them out. */
export function codesignLines({ report }: Scanned): readonly string[] {
  return report.images.flatMap(({ codesign = [] }) => [
    ...codesign.map((line) => printable(line, 1_000)),
    ...(codesign.length === 0 ? [] : ['']),
  ])
}
