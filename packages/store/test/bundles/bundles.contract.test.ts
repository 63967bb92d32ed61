import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import { AgentPolicy, type TenantId } from '@pomona/schema'
import { BUNDLES_MAX, type NewBundle } from '../../src/bundles/bundles.ts'
import type { Records } from '../../src/index.ts'
import { at, drivers, TENANT } from '../records/drivers.ts'

function bundle(version: number): NewBundle {
  return {
    bundle: {
      id: `id-${version}`,
      version,
      kind: 'content',
      created: at(version),
      created_by: 'server',
      expires: at(59),
      rules: 1,
      files: 1,
      bytes: 5,
      content: 'c',
      policy: AgentPolicy.parse({}),
      left_out: [],
      state: 'rolling',
      ring: 0,
      ring_since: at(version),
    },
    manifest: { payload: `manifest ${version}`, signature: '', key_id: 'k' },
    files: { 'rules/a.yml': `rule ${version}` },
  }
}

async function states(records: Records): Promise<readonly (readonly [number, string])[]> {
  return (await records.bundles.list(TENANT)).map(({ version, state }) => [version, state])
}

for (const driver of drivers) {
  const title = (name: string): string => `bundles ${driver.name}: ${name}`

  test(
    title('a newer one takes the place of the others, but of the one that is kept'),
    async (context) => {
      const records = await driver.open(context)
      const { bundles } = records
      await bundles.add(TENANT, bundle(1))
      await bundles.change(TENANT, 'id-1', { state: 'complete', ring: 2, ring_since: at(9) })
      await bundles.add(TENANT, bundle(2), 'id-1')
      await bundles.change(TENANT, 'id-2', { state: 'halted', reason: 'a host refused it' })
      deepEqual(await states(records), [
        [2, 'halted'],
        [1, 'complete'],
      ])
      await bundles.add(TENANT, bundle(3), 'id-1')
      deepEqual(await states(records), [
        [3, 'rolling'],
        [2, 'superseded'],
        [1, 'complete'],
      ])
      await bundles.add(TENANT, bundle(4))
      deepEqual(await states(records), [
        [4, 'rolling'],
        [3, 'superseded'],
        [2, 'superseded'],
        [1, 'superseded'],
      ])
      const second = (await bundles.list(TENANT)).find(({ version }) => version === 2)
      equal(second?.reason, 'a host refused it')
      await records.close()
    },
  )

  test(title('versions only rise'), async (context) => {
    const records = await driver.open(context)
    await records.bundles.add(TENANT, bundle(3))
    for (const version of [3, 2]) {
      await rejects(records.bundles.add(TENANT, bundle(version)), { code: 'ERR_RECORD_EXISTS' })
    }
    deepEqual(await states(records), [[3, 'rolling']])
    await records.bundles.add('other' as TenantId, bundle(1))
    await records.close()
    await rejects(records.bundles.list(TENANT), { code: 'ERR_STORE_CLOSED' })
  })

  test(title('are given out as they were signed; unknown ones are not there'), async (context) => {
    const records = await driver.open(context)
    const { bundle: _, ...signed } = bundle(1)
    await records.bundles.add(TENANT, bundle(1))
    deepEqual(await records.bundles.signed(TENANT, 'id-1'), signed)
    equal(await records.bundles.signed('other' as TenantId, 'id-1'), undefined)
    equal(await records.bundles.signed(TENANT, 'id-2'), undefined)
    equal(await records.bundles.change(TENANT, 'id-2', { ring: 1 }), undefined)
    await records.close()
  })

  test(title('so many are kept; the good one is never the one that goes'), async (context) => {
    const records = await driver.open(context)
    await records.bundles.add(TENANT, bundle(1))
    for (let version = 2; version < BUNDLES_MAX + 9; version++) {
      await records.bundles.add(TENANT, bundle(version), 'id-1')
    }
    const kept = await states(records)
    equal(kept.length, BUNDLES_MAX)
    deepEqual(kept.at(-1), [1, 'rolling'])
    deepEqual(kept[0], [BUNDLES_MAX + 8, 'rolling'])
    await records.close()
  })
}
