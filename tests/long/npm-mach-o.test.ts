/**
 * Every Mach-O file of the npm packages in the list beside the checkout, against what another
 * reader measured of them: who signed, cdhash, team, flags, pages, slots. Packages are fetched one
 * by one and not kept: `POMONA_KEEP=1` keeps them.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { type ImageFacts, reportFile } from '@pomona/analysis'
import {
  type KnownImage,
  knownPackages,
  packageFile,
  packageFolder,
} from '../../packages/analysis/test/npm-packages.ts'

const NOW_MS = Date.parse('2026-11-25T00:00:00Z')
const packages = knownPackages()
const skip = packages.length > 0 ? false : 'the list of packages is not at ../shared/data'
const keep = process.env['POMONA_KEEP'] === '1'

test('npm: the list has packages of every kind', { skip }, () => ok(packages.length >= 40))

/** What the list says of an image, in the words of a report. */
function known(image: KnownImage) {
  return {
    kind:
      image.signature === 'UNSIGNED'
        ? 'unsigned'
        : image.signature === 'cms'
          ? 'signed'
          : image.signature,
    cdhash: image.cdhash,
    identifier: image.identifier,
    team: image.team,
    flags: image.flags === undefined || image.flags === 'none' ? [] : image.flags.split('|'),
    pages_wrong: image.bad_pages === undefined ? undefined : Number.parseInt(image.bad_pages, 10),
    page_size: image.page_size,
    slots: Object.keys(image.special ?? {}),
  }
}

function found({ signature }: ImageFacts): ReturnType<typeof known> {
  const best = signature?.directories?.find(({ cdhash }) => cdhash === signature.cdhash)
  return {
    kind: signature?.kind ?? '',
    cdhash: signature?.cdhash,
    identifier: signature?.identifier,
    team: signature?.team_id,
    flags: [...(best?.flags ?? [])],
    pages_wrong: best?.pages_wrong,
    page_size: best?.page_size,
    slots: (best?.slots ?? [])
      .filter(({ state }) => state === 'right')
      .map(({ slot }) => `${slot}`),
  }
}

for (const { package: name, version } of packages) {
  test(`npm: ${name} ${version}`, (context) => {
    const opened = packageFolder(name)
    if ('skip' in opened) return context.skip(opened.skip)
    const { folder, known: list } = opened
    context.after(() => keep || rmSync(folder, { recursive: true, force: true }))
    for (const path of new Set(list.machos.map((one) => one.path))) {
      const expected = list.machos.filter((one) => one.path === path)
      const [first] = expected
      ok(first !== undefined)
      const report = reportFile(packageFile(folder, first), { nowMs: NOW_MS })
      deepEqual(report.problems, [])
      equal(report.images.length, expected.length, path)
      for (const one of expected) {
        const facts = report.images.find(({ image }) => image?.architecture === one.arch)
        ok(facts !== undefined, `${path} has ${one.arch}`)
        deepEqual(found(facts), known(one), `${path} ${one.arch}`)
        deepEqual(facts.image?.problems, [], `${path} ${one.arch}`)
        equal(facts.image?.file_type, one.filetype)
        if (one.signature !== 'cms') continue
        equal(facts.signature?.valid, true, `${path} ${one.arch}`)
        equal(facts.signature?.designated_satisfied, true, `${path} ${one.arch}`)
        equal(facts.signature?.authorities.at(-1), 'Apple Root CA')
      }
    }
    return undefined
  })
}
