import type { HostId, TenantId } from '@pomona/schema'
import { type Kysely, sql, type Transaction } from 'kysely'
import type {
  AgentContact,
  AgentRecords,
  CertificateSelection,
  Enrolment,
  EnrolmentResult,
  EnrolmentToken,
  EnrolmentUse,
  HostCertificate,
  TokenQuestion,
  TokenRefusal,
} from './agents.ts'
import type { Author } from '../records/alert-queue.ts'
import { enrolledContact, tokenRefusal } from './enrolment.ts'
import type { RecordTables } from '../records/schema.ts'
import type { CertificateTable, EnrolmentTable, TokenTable } from './agent-tables.ts'

type Database = Kysely<RecordTables>
type Change = Transaction<RecordTables>

/** Tokens, certificates and contacts in the tables of the records. */
export class SqliteAgents implements AgentRecords {
  readonly #open: () => Database

  /** @param open Gives the database. @throws StoreError ERR_STORE_CLOSED by itself. */
  constructor(open: () => Database) {
    this.#open = open
  }

  async addToken(token: EnrolmentToken): Promise<void> {
    await this.#open().insertInto('enrolment_tokens').values(tokenRow(token)).execute()
  }

  async tokens(tenantId: TenantId): Promise<readonly EnrolmentToken[]> {
    const rows = await this.#open()
      .selectFrom('enrolment_tokens')
      .selectAll()
      .where('tenant_id', '=', tenantId)
      .orderBy('created', 'desc')
      .orderBy('id')
      .execute()
    return rows.map(tokenOf)
  }

  async checkToken({ hash, now, use }: TokenQuestion): Promise<TokenRefusal | undefined> {
    const token = await selectToken(this.#open(), hash)
    const isAsked = token !== undefined && use !== undefined
    return tokenRefusal(token, now, isAsked && (await hasUsed(this.#open(), token.id, use)))
  }

  async enrol(enrolment: Enrolment): Promise<EnrolmentResult> {
    return await this.#atOnce((transaction) => enrolHost(transaction, enrolment))
  }

  async revokeToken(id: string, { actor, at }: Author): Promise<boolean> {
    const changed = await this.#open()
      .updateTable('enrolment_tokens')
      .set({ revoked: at, revoked_by: actor })
      .where('id', '=', id)
      .where('revoked', 'is', null)
      .returning('id')
      .execute()
    return changed.length > 0
  }

  async enrolments(tokenId: string, limit: number): Promise<readonly EnrolmentUse[]> {
    const rows = await this.#open()
      .selectFrom('enrolments')
      .selectAll()
      .where('token_id', '=', tokenId)
      .orderBy('time', 'desc')
      .orderBy('serial')
      .limit(limit)
      .execute()
    return rows.map(useOf)
  }

  async addCertificate(certificate: HostCertificate): Promise<void> {
    await insertCertificate(this.#open(), certificate)
  }

  async certificates(
    tenantId: TenantId,
    selection: CertificateSelection,
  ): Promise<readonly HostCertificate[]> {
    const { hostId, tokenId, serial } = selection
    let query = this.#open()
      .selectFrom('host_certificates')
      .selectAll()
      .where('tenant_id', '=', tenantId)
    if (hostId !== undefined) query = query.where('host_id', '=', hostId)
    if (tokenId !== undefined) query = query.where('token_id', '=', tokenId)
    if (serial !== undefined) query = query.where('serial', '=', serial)
    const rows = await query.orderBy('issued', 'desc').orderBy('serial').execute()
    return rows.map(certificateOf)
  }

  async revokeCertificates(
    tenantId: TenantId,
    { hostId, tokenId, serial }: CertificateSelection,
    { actor, at }: Author,
  ): Promise<readonly string[]> {
    let query = this.#open()
      .updateTable('host_certificates')
      .set({ revoked: at, revoked_by: actor })
      .where('tenant_id', '=', tenantId)
      .where('revoked', 'is', null)
    if (hostId !== undefined) query = query.where('host_id', '=', hostId)
    if (tokenId !== undefined) query = query.where('token_id', '=', tokenId)
    if (serial !== undefined) query = query.where('serial', '=', serial)
    const rows = await query.returning('serial').execute()
    return rows.map((row) => row.serial).toSorted()
  }

  async revokedSerials(now: string): Promise<readonly string[]> {
    const rows = await this.#open()
      .selectFrom('host_certificates')
      .select('serial')
      .where('not_after', '>', now)
      .where('revoked', 'is not', null)
      .orderBy('serial')
      .execute()
    return rows.map((row) => row.serial)
  }

  async removeCertificates(time: string): Promise<number> {
    const removed = await this.#open()
      .deleteFrom('host_certificates')
      .where('not_after', '<', time)
      .returning('serial')
      .execute()
    return removed.length
  }

  async saveContacts(contacts: readonly AgentContact[]): Promise<void> {
    await this.#atOnce(async (transaction) => {
      for (const contact of contacts) await upsertContact(transaction, contact)
    })
  }

  async contact(tenantId: TenantId, hostId: HostId): Promise<AgentContact | undefined> {
    return await selectContact(this.#open(), tenantId, hostId)
  }

  async contacts(tenantId: TenantId): Promise<readonly AgentContact[]> {
    const rows = await this.#open()
      .selectFrom('agent_contacts')
      .select('document')
      .where('tenant_id', '=', tenantId)
      .orderBy('host_id')
      .execute()
    return rows.map((row) => contactOf(row.document))
  }

  async #atOnce<T>(work: (transaction: Change) => Promise<T>): Promise<T> {
    return await this.#open().transaction().execute(work)
  }
}

async function enrolHost(transaction: Change, enrolment: Enrolment): Promise<EnrolmentResult> {
  const { tokenHash, keyHash, certificate, time, hostName, address } = enrolment
  const { tenantId, hostId, serial } = certificate
  const token = await selectToken(transaction, tokenHash)
  if (token === undefined) return { ok: false, reason: 'token_unknown' }
  const isRepeat = await hasUsed(transaction, token.id, { hostId, keyHash })
  const reason = tokenRefusal(token, time, isRepeat)
  if (reason !== undefined) return { ok: false, reason, token }
  const others = await transaction
    .selectFrom('host_certificates')
    .select('serial')
    .where('tenant_id', '=', tenantId)
    .where('host_id', '=', hostId)
    .where('not_after', '>', time)
    .where('revoked', 'is', null)
    .orderBy('serial')
    .execute()
  if (!isRepeat) {
    await transaction
      .updateTable('enrolment_tokens')
      .set({ uses: sql<number>`uses + 1` })
      .where('id', '=', token.id)
      .execute()
  }
  await insertCertificate(transaction, { ...certificate, tokenId: token.id })
  await transaction
    .insertInto('enrolments')
    .values({
      serial,
      token_id: token.id,
      host_id: hostId,
      key_hash: keyHash,
      host_name: hostName,
      address,
      time,
    })
    .execute()
  const known = await selectContact(transaction, tenantId, hostId)
  await upsertContact(transaction, enrolledContact(known, enrolment))
  const used = isRepeat ? token : { ...token, uses: token.uses + 1 }
  return { ok: true, token: used, isRepeat, others: others.map((row) => row.serial) }
}

async function hasUsed(
  database: Database,
  tokenId: string,
  { hostId, keyHash }: Pick<EnrolmentUse, 'hostId' | 'keyHash'>,
): Promise<boolean> {
  const row = await database
    .selectFrom('enrolments')
    .select('serial')
    .where('host_id', '=', hostId)
    .where('token_id', '=', tokenId)
    .where('key_hash', '=', keyHash)
    .executeTakeFirst()
  return row !== undefined
}

async function selectToken(database: Database, hash: string): Promise<EnrolmentToken | undefined> {
  const row = await database
    .selectFrom('enrolment_tokens')
    .selectAll()
    .where('hash', '=', hash)
    .executeTakeFirst()
  return row && tokenOf(row)
}

async function insertCertificate(
  database: Database,
  { serial, tenantId, hostId, issued, notAfter, ...more }: HostCertificate,
): Promise<void> {
  await database
    .insertInto('host_certificates')
    .values({
      serial,
      tenant_id: tenantId,
      host_id: hostId,
      issued,
      not_after: notAfter,
      token_id: more.tokenId ?? null,
      revoked: more.revoked ?? null,
      revoked_by: more.revokedBy ?? null,
    })
    .execute()
}

async function upsertContact(database: Database, contact: AgentContact): Promise<void> {
  const document = JSON.stringify(contact)
  await database
    .insertInto('agent_contacts')
    .values({ tenant_id: contact.tenantId, host_id: contact.hostId, document })
    .onConflict((conflict) => conflict.columns(['tenant_id', 'host_id']).doUpdateSet({ document }))
    .execute()
}

async function selectContact(
  database: Database,
  tenantId: TenantId,
  hostId: HostId,
): Promise<AgentContact | undefined> {
  const row = await database
    .selectFrom('agent_contacts')
    .select('document')
    .where('tenant_id', '=', tenantId)
    .where('host_id', '=', hostId)
    .executeTakeFirst()
  return row && contactOf(row.document)
}

function contactOf(document: string): AgentContact {
  return JSON.parse(document) as AgentContact // Written by upsertContact.
}

function tokenRow(token: EnrolmentToken): TokenTable {
  return {
    id: token.id,
    tenant_id: token.tenantId,
    hash: token.hash,
    label: token.label,
    created: token.created,
    created_by: token.createdBy,
    expires: token.expires,
    uses_max: token.usesMax,
    uses: token.uses,
    revoked: token.revoked ?? null,
    revoked_by: token.revokedBy ?? null,
  }
}

function tokenOf(row: TokenTable): EnrolmentToken {
  return {
    id: row.id,
    tenantId: row.tenant_id as TenantId, // Written from a TenantId.
    hash: row.hash,
    label: row.label,
    created: row.created,
    createdBy: row.created_by,
    expires: row.expires,
    usesMax: Number(row.uses_max),
    uses: Number(row.uses),
    ...(row.revoked !== null && { revoked: row.revoked }),
    ...(row.revoked_by !== null && { revokedBy: row.revoked_by }),
  }
}

function certificateOf(row: CertificateTable): HostCertificate {
  return {
    serial: row.serial,
    tenantId: row.tenant_id as TenantId, // Written from a TenantId.
    hostId: row.host_id as HostId, // Written from a HostId.
    issued: row.issued,
    notAfter: row.not_after,
    ...(row.token_id !== null && { tokenId: row.token_id }),
    ...(row.revoked !== null && { revoked: row.revoked }),
    ...(row.revoked_by !== null && { revokedBy: row.revoked_by }),
  }
}

function useOf(row: EnrolmentTable): EnrolmentUse {
  return {
    tokenId: row.token_id,
    hostId: row.host_id as HostId, // Written from a HostId.
    serial: row.serial,
    keyHash: row.key_hash,
    hostName: row.host_name,
    address: row.address,
    time: row.time,
  }
}
