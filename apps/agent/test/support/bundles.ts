import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Bundle, BundleManifest } from '@pomona/schema'
import type { TestSigner } from './authority.ts'

const MAPPING = readFileSync(
  new URL('../../../../content/mappings/sigma-macos.yml', import.meta.url),
  'utf8',
)

/** A rule on a word in a command line. */
export function ruleOn(word: string): string {
  return `
title: Command with ${word}
id: 8a4f6f0e-52b0-4f53-9f9b-1d9e3f0c7a01
tags: [pomona.host]
logsource: { product: macos, category: process_creation }
detection:
  selection: { CommandLine|contains: ${word} }
  condition: selection
level: high
`
}

/** Files of a bundle with one rule. */
export function filesWith(rule = ruleOn('evil')): Record<string, string> {
  return { 'mappings/sigma-macos.yml': MAPPING, 'rules/evil/rule.yml': rule }
}

/** How a bundle of a test differs from a good one. */
export interface BundleWish {
  readonly version?: number
  readonly files?: Record<string, string>
  readonly manifest?: Partial<BundleManifest>
  readonly expires?: string
}

/** A bundle as a server signs it. */
export function signedBundle(signer: TestSigner, wish: BundleWish = {}): Bundle {
  const { version = 1, files = filesWith(), expires = '2100-01-01T00:00:00Z' } = wish
  const manifest = {
    ...{ tenant_id: 'default', version, expires, created: '2026-11-25T09:00:00Z' },
    policy: {
      ...({ log_level: 'info', report_interval_seconds: 60, flush_interval_ms: 1_000 } as const),
      ...{ host_detection: true, sensors_off: [] },
    },
    files: Object.entries(files).map(([path, text]) => ({
      path,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
    ...wish.manifest,
  }
  return { manifest: signer.sign(manifest), files }
}
