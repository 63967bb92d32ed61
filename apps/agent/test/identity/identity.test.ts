import { deepEqual, equal, match, rejects, throws } from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  assertPair,
  certificateSpan,
  type Identity,
  IdentityFolder,
  IdentityMemory,
  type IdentityStore,
} from '../../src/identity/identity.ts'
import { makeKey, signingRequest } from '../../src/identity/signing-request.ts'
import { TestAuthority, TestSigner } from '../support/authority.ts'

const AUTHORITY = new TestAuthority()
const SPAN = { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 0, 31) }

async function identity(): Promise<Identity> {
  const key = await makeKey()
  const csr = signingRequest(createPrivateKey(key))
  return {
    ...{ host_id: 'host-1', tenant_id: 'default', key, authority: AUTHORITY.pem },
    certificate: AUTHORITY.host(csr, { id: 'host-1', ...SPAN }),
    signing_keys: [new TestSigner().published],
  }
}

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'pomona-identity-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const stores: readonly {
  readonly name: string
  readonly open: (context: TestContext) => Promise<IdentityStore>
}[] = [
  {
    name: 'folder',
    open: async (context) => new IdentityFolder(join(await folder(context), 'identity')),
  },
  { name: 'memory', open: () => Promise.resolve(new IdentityMemory()) },
]
for (const { name, open } of stores) {
  test(`identity in ${name}: is nothing until it is saved`, async (context) => {
    const store = await open(context)
    equal(await store.load(), undefined)
    equal(await store.loadPendingKey(), undefined)
  })

  test(`identity in ${name}: the last one saved is the one there is`, async (context) => {
    const store = await open(context)
    await store.save(await identity())
    const next = await identity()
    await store.save(next)
    deepEqual(await store.load(), next)
  })

  test(`identity in ${name}: a pending key goes when there is an identity`, async (context) => {
    const store = await open(context)
    await store.savePendingKey('a key')
    equal(await store.loadPendingKey(), 'a key')
    await store.save(await identity())
    equal(await store.loadPendingKey(), undefined)
  })
}

test('identity folder: only its owner can read it, and nothing else is left there', async (context) => {
  const path = join(await folder(context), 'identity')
  const store = new IdentityFolder(path)
  await store.savePendingKey('a key')
  await store.save(await identity())
  deepEqual(await readdir(path), ['identity.json'])
  equal((await stat(join(path, 'identity.json'))).mode & 0o777, 0o600)
  equal((await stat(path)).mode & 0o777, 0o700)
})

test('identity folder: a damaged identity says what to do', async (context) => {
  const path = await folder(context)
  const good = await identity()
  const other = await identity()
  const damaged = [
    '',
    '{',
    JSON.stringify({ ...good, certificate: undefined }),
    JSON.stringify({ ...good, key: other.key }),
  ]
  for (const text of damaged) {
    await writeFile(join(path, 'identity.json'), text)
    await rejects(new IdentityFolder(path).load(), (error) => {
      match(String(error), /enrol this Mac again/)
      return error instanceof Error && 'code' in error && error.code === 'ERR_IDENTITY_UNREADABLE'
    })
  }
})

test('identity folder: a link is not followed', async (context) => {
  const path = await folder(context)
  await writeFile(join(path, 'elsewhere'), JSON.stringify(await identity()))
  await symlink(join(path, 'elsewhere'), join(path, 'identity.json'))
  await rejects(new IdentityFolder(path).load())
})

test('identity: a certificate goes with its key alone', async () => {
  const [one, other] = [await identity(), await identity()]
  assertPair(one)
  throws(() => assertPair({ key: one.key, certificate: other.certificate }), {
    code: 'ERR_UPLINK_ANSWER',
  })
})

test('identity: a certificate says when it begins and ends', async () => {
  deepEqual(certificateSpan((await identity()).certificate), SPAN)
})
