import type { ImageFacts, ImageReport, SignatureReport } from '@pomona/analysis'
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

/** What a scan says of a file to people. */
export function scanLines(scanned: Scanned): readonly string[] {
  const { report, container, findings = [], limits = [] } = scanned
  const type = container === undefined ? report.type : container.format
  return [
    place(scanned),
    `  ${type}, ${report.size} bytes, sha256 ${report.sha256}`,
    ...report.images.flatMap(factsLines).map((line) => `  ${line}`),
    ...report.problems.map(({ part, message }) => `  ! ${part}: ${printable(message)}`),
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
