import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { FileFactsCollector, type FileFactsLimits } from '@pomona/sensor'
import { ManualTime, type Script, ScriptedCommands } from '@pomona/sensor/testing'
import type { WantedFile } from '../../src/file-facts/wanted.ts'
import { plistOf } from './plist.ts'

/** Address and page of a download. */
export const FROM = ['https://downloads.example/tool.zip', 'https://example/page']
/** Value of its quarantine. */
export const QUARANTINE = '0083;65f0a1b2;Safari;8F14E45F-CEEA-4678-A2B2-1E0B3C9D5F10'
/** As `xattr -x` prints it. */
const FROM_HEX = plistOf(FROM)
  .toString('hex')
  .replaceAll(/(..)/g, '$1 ')
  .replaceAll(/(.{48})/g, '$1\n')

/** A file without the attributes. */
export const noAttributes: Script = (command) => command.end({ code: 1 })
/** Prints those of a download. */
export const downloaded: Script = (command) => {
  const { args } = command.command
  command.print(args.includes('-x') ? `${FROM_HEX}\n` : `${QUARANTINE}\n`)
  command.end()
}

/** A collector over a folder of its own, on a clock and with commands of the test's. */
export function setUp(
  context: TestContext,
  { script = noAttributes, ...limits }: Partial<FileFactsLimits> & { script?: Script } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'pomona-facts-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  const time = new ManualTime()
  const commands = new ScriptedCommands(time, script)
  const collector = new FileFactsCollector({ commands, clock: time, timer: time }, limits)
  const path = join(folder, 'tool')
  writeFileSync(path, '#!/bin/sh\necho hello\n')
  return { folder, path, time, commands, collector }
}

/** A program that nothing more is said of. */
export const program = (path: string): WantedFile => ({ path, isProgram: true, isDataless: false })
/** SHA-256 in hex. */
export const sha256 = (content: string | Buffer) =>
  createHash('sha256').update(content).digest('hex')
