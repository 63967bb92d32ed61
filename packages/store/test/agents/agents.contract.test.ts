import { deepEqual, equal, rejects } from 'node:assert/strict'
import { test } from 'node:test'
import type { HostId, TenantId } from '@pomona/schema'
import type { Enrolment, EnrolmentToken, HostCertificate } from '../../src/index.ts'
import { at, drivers, TENANT } from '../records/drivers.ts'

const HOST = 'host-1' as HostId
const OTHER = 'other' as TenantId

function token(id: string, parts: Partial<EnrolmentToken> = {}): EnrolmentToken {
  return {
    id,
    tenantId: TENANT,
    hash: `hash of ${id}`,
    label: `Macs of ${id}`,
    created: at(1),
    createdBy: 'ada',
    expires: at(600),
    usesMax: 1,
    uses: 0,
    ...parts,
  }
}

function certificate(serial: string, parts: Partial<HostCertificate> = {}): HostCertificate {
  return {
    serial,
    tenantId: TENANT,
    hostId: HOST,
    issued: at(2),
    notAfter: at(900),
    ...parts,
  }
}

function enrolment(serial: string, parts: Partial<Enrolment> = {}): Enrolment {
  return {
    tokenHash: 'hash of t1',
    keyHash: 'key-1',
    hardwareUuid: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001',
    hostName: 'Ada’s Mac',
    address: '127.0.0.1',
    time: at(2),
    certificate: certificate(serial),
    ...parts,
  }
}

for (const driver of drivers) {
  const title = (name: string): string => `agents ${driver.name}: ${name}`

  test(title('a token enrols as often as it may, and says why it does not'), async (context) => {
    const { agents } = await driver.open(context)
    await agents.addToken(token('t1'))
    await agents.addToken(token('t2', { hash: 'h2', expires: at(2), created: at(2) }))
    await agents.addToken(token('t3', { tenantId: OTHER, usesMax: 2 }))
    equal(await agents.checkToken({ hash: 'hash of t1', now: at(2) }), undefined)
    const first = await agents.enrol(enrolment('A1'))
    deepEqual(first, { ok: true, token: token('t1', { uses: 1 }), isRepeat: false, others: [] })
    equal(await agents.checkToken({ hash: 'hash of t1', now: at(2) }), 'token_used_up')
    const another = enrolment('A2', { certificate: certificate('A2', { hostId: 'h2' as HostId }) })
    const used = token('t1', { uses: 1 })
    deepEqual(await agents.enrol(another), { ok: false, reason: 'token_used_up', token: used })
    deepEqual(await agents.enrol({ ...another, tokenHash: 'x' }), {
      ok: false,
      reason: 'token_unknown',
    })
    equal(await agents.checkToken({ hash: 'h2', now: at(1) }), undefined)
    equal(await agents.checkToken({ hash: 'h2', now: at(2) }), 'token_expired')
    equal(await agents.revokeToken('t3', { actor: 'bob', at: at(3) }), true)
    equal(await agents.revokeToken('t3', { actor: 'bob', at: at(4) }), false)
    equal(await agents.revokeToken('none', { actor: 'bob', at: at(4) }), false)
    equal(await agents.checkToken({ hash: 'hash of t3', now: at(2) }), 'token_revoked')
    deepEqual(
      (await agents.tokens(TENANT)).map(({ id, uses }) => [id, uses]),
      [
        ['t2', 0],
        ['t1', 1],
      ],
    )
    const [revoked] = await agents.tokens(OTHER)
    deepEqual(revoked, {
      ...token('t3', { tenantId: OTHER, usesMax: 2 }),
      revoked: at(3),
      revokedBy: 'bob',
    })
    // What was refused left nothing behind.
    deepEqual(
      (await agents.certificates(TENANT, {})).map(({ serial }) => serial),
      ['A1'],
    )
  })

  test(title('the same key enrols the same host again without a use'), async (context) => {
    const { agents } = await driver.open(context)
    await agents.addToken(token('t1'))
    await agents.enrol(enrolment('A1'))
    const again = await agents.enrol(enrolment('A2', { time: at(3) }))
    deepEqual(again, {
      ok: true,
      token: token('t1', { uses: 1 }),
      isRepeat: true,
      others: ['A1'],
    })
    const asked = { hash: 'hash of t1', now: at(3) }
    equal(await agents.checkToken(asked), 'token_used_up')
    const use = { hostId: HOST, keyHash: 'key-1' }
    equal(await agents.checkToken({ ...asked, use }), undefined)
    const another = { ...use, keyHash: 'key-2' }
    equal(await agents.checkToken({ ...asked, use: another }), 'token_used_up')
    const otherKey = await agents.enrol(enrolment('A3', { keyHash: 'key-2' }))
    equal(otherKey.ok, false)
    deepEqual(
      (await agents.enrolments('t1', 9)).map(({ serial, time }) => [serial, time]),
      [
        ['A2', at(3)],
        ['A1', at(2)],
      ],
    )
    deepEqual(await agents.enrolments('t1', 1), [
      {
        tokenId: 't1',
        hostId: HOST,
        serial: 'A2',
        keyHash: 'key-1',
        hostName: 'Ada’s Mac',
        address: '127.0.0.1',
        time: at(3),
      },
    ])
    await agents.revokeToken('t1', { actor: 'bob', at: at(4) })
    equal((await agents.enrol(enrolment('A4'))).ok, false)
  })

  test(title('certificates are revoked by host, token and serial, once'), async (context) => {
    const { agents } = await driver.open(context)
    await agents.addCertificate(certificate('A', { tokenId: 't1' }))
    await agents.addCertificate(certificate('B', { issued: at(3), notAfter: at(100) }))
    await agents.addCertificate(certificate('C', { hostId: 'h2' as HostId, tokenId: 't1' }))
    await agents.addCertificate(certificate('D', { tenantId: OTHER }))
    await rejects(agents.addCertificate(certificate('A')), { code: 'ERR_RECORDS_IO' })
    const by = { actor: 'bob', at: at(50) }
    deepEqual(await agents.revokeCertificates(TENANT, { tokenId: 't1', hostId: HOST }, by), ['A'])
    deepEqual(await agents.revokeCertificates(TENANT, { hostId: HOST }, by), ['B'])
    deepEqual(await agents.revokeCertificates(OTHER, { serial: 'C' }, by), [])
    deepEqual(await agents.revokedSerials(at(99)), ['A', 'B'])
    deepEqual(await agents.revokedSerials(at(100)), ['A'])
    deepEqual(await agents.certificates(TENANT, { hostId: HOST }), [
      certificate('B', {
        issued: at(3),
        notAfter: at(100),
        revoked: at(50),
        revokedBy: 'bob',
      }),
      certificate('A', { tokenId: 't1', revoked: at(50), revokedBy: 'bob' }),
    ])
    equal(await agents.removeCertificates(at(101)), 1)
    deepEqual(await agents.certificates(TENANT, { serial: 'B' }), [])
  })

  test(title('contacts are kept; another enrolment forgets the run'), async (context) => {
    const records = await driver.open(context)
    const { agents } = records
    const contact = {
      tenantId: TENANT,
      hostId: HOST,
      lastContact: at(1),
      sessionId: 's1',
      epoch: 7,
      serial: 'A',
      clockSkewMs: -250,
      refusals: { foreign_host: { count: 2, last: at(1) } },
      suspicion: { reason: 'epoch_reused', count: 1, first: at(1), last: at(1) },
    }
    await agents.saveContacts([contact, { tenantId: OTHER, hostId: HOST, refusals: {} }])
    deepEqual(await agents.contact(TENANT, HOST), contact)
    await agents.addToken(token('t1'))
    await agents.enrol(enrolment('A1'))
    const { sessionId: _, epoch: __, ...kept } = contact
    const enrolled = {
      ...kept,
      hardwareUuid: '6f0b6a3e-7c6f-4f0c-9a38-0f4b8f6f0001',
      enrolled: at(2),
    }
    deepEqual(await agents.contacts(TENANT), [enrolled])
    equal(await agents.contact(TENANT, 'none' as HostId), undefined)
    await records.close()
    await rejects(agents.contacts(TENANT), { code: 'ERR_STORE_CLOSED' })
  })
}
