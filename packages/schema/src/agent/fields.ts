import { z } from 'zod'

/** Names that agents and servers give each other: no blanks, no path separators, bounded. */
export const Identifier = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/)

/** A wall clock's time: RFC 3339 in UTC. */
export const Instant = z.iso.datetime({ offset: false })

/** A SHA-256, lower-case hex. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** Certificates or a signing request in PEM. */
export const PemText = z.string().min(64).max(32_768)

/** A count by name; agents choose the names, so their number and length are bounded. */
export const Counts = z
  .record(z.string().min(1).max(64), z.int().min(0))
  .refine((counts) => Object.keys(counts).length <= 256, 'More than 256 names.')
