import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostId, ProcessEntityId } from '@pomona/schema'
import type { EventStore } from '../../src/index.ts'
import { drivers, fill, hostId } from './drivers.ts'
import { act, at, exec, exit, fork, HOST, type Cast } from './sample.ts'

const shell: Cast = { id: 'p-shell', pid: 100, version: 1, path: '/bin/zsh' }
const stub: Cast = { id: 'p-stub', pid: 200, version: 2, path: '/bin/zsh' }
const curl: Cast = { id: 'p-curl', pid: 200, version: 3, path: '/usr/bin/curl' }

for (const driver of drivers) {
  const title = (name: string): string => `events ${driver.name}: ${name}`

  test(title('an exec takes the place of the fork it follows'), async () => {
    const store = await driver.open()
    await fill(store, [exec(1, shell), fork(2, stub, shell)], 'a')
    await fill(
      store,
      [
        exec(3, curl, {
          previous: stub,
          parent: shell,
          'process.args': ['curl'],
          'process.user.id': '501',
        }),
        act(4, curl, { 'process.working_directory': '/tmp' }),
        exit(5, curl, { 'process.exit_code': 7 }),
      ],
      'b',
    )
    const { processes } = await store.processes({ hostId, limit: 10 })
    deepEqual(processes, [
      {
        entity_id: 'p-curl',
        host_id: HOST,
        pid: 200,
        pidversion: 3,
        children: 0,
        parent_entity_id: 'p-shell',
        previous_entity_id: 'p-stub',
        name: 'curl',
        executable: '/usr/bin/curl',
        command_line: '/usr/bin/curl',
        working_directory: '/tmp',
        user_id: '501',
        start: at(3),
        end: at(5),
        exit_code: 7,
      },
      {
        entity_id: 'p-shell',
        host_id: HOST,
        pid: 100,
        pidversion: 1,
        children: 1,
        name: 'zsh',
        executable: '/bin/zsh',
        command_line: '/bin/zsh',
        start: at(1),
      },
    ])
  })

  test(title('a fork that acted stays beside the exec that followed'), async () => {
    const store = await driver.open()
    await fill(store, [
      exec(1, shell),
      fork(2, stub, shell),
      act(3, stub),
      exec(4, curl, { previous: stub, parent: shell }),
    ])
    const { processes } = await store.processes({ hostId, limit: 10 })
    deepEqual(
      processes.map(({ entity_id, end, children }) => [entity_id, end, children]),
      [
        ['p-curl', undefined, 0],
        ['p-stub', at(4), 0],
        ['p-shell', undefined, 2],
      ],
    )
  })

  test(title('an image known only by name of its successor is not shown'), async () => {
    const store = await driver.open()
    await fill(store, [exec(4, curl, { previous: stub })])
    const { processes } = await store.processes({ hostId, limit: 10 })
    deepEqual(
      processes.map(({ entity_id }) => entity_id),
      ['p-curl'],
    )
    deepEqual(await tree(store, 'p-stub'), [])
  })

  test(title('a child stays with its real parent when another adopts it'), async () => {
    const store = await driver.open()
    const launchd: Cast = { id: 'p-1', pid: 1, version: 1, path: '/sbin/launchd' }
    await fill(store, [act(9, curl, { 'process.parent.entity_id': launchd.id })], 'late')
    await fill(store, [exec(3, curl, { parent: shell })], 'early')
    deepEqual(await tree(store, 'p-curl'), ['p-shell', 'p-curl'])
  })

  test(title('selects processes by text, signer and whether they run'), async () => {
    const store = await driver.open()
    const signed = (exists: boolean): Record<string, unknown> => ({
      'process.code_signature.exists': exists,
      'process.code_signature.valid': exists,
      'process.code_signature.team_id': exists ? 'TEAM' : undefined,
    })
    await fill(store, [
      exec(1, shell, { 'macos.process.platform_binary': true, ...signed(true) }),
      exec(2, curl, signed(false)),
      exec(3, { id: 'p-app', pid: 3, version: 3, path: '/Applications/Ä.app/Ä' }, signed(true)),
      exit(4, curl),
    ])
    const select = async (parts: object): Promise<string[]> =>
      (await store.processes({ hostId, limit: 10, ...parts })).processes.map((one) => one.entity_id)
    deepEqual(await select({ text: 'BIN/' }), ['p-curl', 'p-shell'])
    deepEqual(await select({ text: 'ä.app' }), ['p-app'])
    deepEqual(await select({ signers: ['unsigned', 'platform'] }), ['p-curl', 'p-shell'])
    deepEqual(await select({ signers: ['developer'] }), ['p-app'])
    deepEqual(await select({ running: true }), ['p-app', 'p-shell'])
    deepEqual(await select({ running: false }), ['p-curl'])
    deepEqual(await select({ hostId: 'mac-9' as HostId }), [])
  })

  test(title('what was read of the program is told, by whatever event said it'), async () => {
    const store = await driver.open()
    await fill(store, [
      exec(1, shell, {
        'process.hash.sha256': 'ab'.repeat(32),
        'macos.process.quarantine': '0083;x;Safari;y',
        'macos.process.origin_url': 'https://downloads.example/tool.zip',
      }),
      act(2, shell),
    ])
    const { processes } = await store.processes({ hostId, limit: 10 })
    const [{ sha256, quarantine, origin_url: originUrl } = {}] = processes
    deepEqual(
      [sha256, quarantine, originUrl],
      ['ab'.repeat(32), '0083;x;Safari;y', 'https://downloads.example/tool.zip'],
    )
  })

  test(title('a tree shows ancestors, siblings and descendants within its bounds'), async () => {
    const store = await driver.open()
    const cast = (id: string, number: number): Cast => ({
      id,
      pid: number,
      version: number,
      path: `/x/${id}`,
    })
    const root = cast('root', 1)
    const parent = cast('parent', 2)
    const focus = cast('focus', 30)
    const siblings = [20, 29, 31, 40].map((n) => cast(`s${n}`, n))
    const children = [50, 51, 52].map((n) => cast(`c${n}`, n))
    await fill(store, [
      exec(1, root),
      exec(2, parent, { parent: root }),
      ...[...siblings, focus].map((one) => exec(one.pid, one, { parent })),
      ...children.map((one) => exec(one.pid, one, { parent: focus })),
      exec(60, cast('g60', 60), { parent: cast('c51', 51) }),
    ])
    const whole = await tree(store, 'focus')
    deepEqual(whole, [
      'root',
      'parent',
      'focus',
      's20',
      's29',
      's31',
      's40',
      'c50',
      'c51',
      'c52',
      'g60',
    ])
    const near = { ancestorsMax: 1, siblingsMax: 2, descendantsMax: 2 }
    deepEqual(await tree(store, 'focus', near), ['parent', 'focus', 's29', 's31', 'c50', 'c51'])
    const bounded = await store.processTree(hostId, 'focus' as ProcessEntityId, near)
    equal(bounded.truncated, true)
    equal(bounded.nodes.find((node) => node.entity_id === 'focus')?.children, 3)
    const full = { ancestorsMax: 2, siblingsMax: 4, descendantsMax: 4 }
    equal((await store.processTree(hostId, 'focus' as ProcessEntityId, full)).truncated, false)
    deepEqual(await tree(store, 'nobody'), [])
  })

  test(title('a tree that bites its tail ends'), async () => {
    const store = await driver.open()
    const one: Cast = { id: 'one', pid: 1, version: 1 }
    const two: Cast = { id: 'two', pid: 2, version: 2 }
    await fill(store, [exec(1, one, { parent: two }), exec(2, two, { parent: one })])
    deepEqual((await tree(store, 'one')).toSorted(), ['one', 'two'])
    await fill(
      store,
      [exec(3, { id: 'self', pid: 3, version: 3 }, { 'process.parent.entity_id': 'self' })],
      'self',
    )
    deepEqual(await tree(store, 'self'), ['self'])
  })
}

async function tree(
  store: EventStore,
  id: string,
  options = { ancestorsMax: 10, siblingsMax: 10, descendantsMax: 10 },
): Promise<string[]> {
  const { nodes } = await store.processTree(hostId, id as ProcessEntityId, options)
  return nodes.map((node) => node.entity_id)
}
