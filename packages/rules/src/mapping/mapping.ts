import type { Gate } from '../expression.ts'
import type { LogSource } from '../rule.ts'

/** A kind of event rules are written for: Sigma's *category*, or one of our own. */
export interface Category {
  readonly name: string
  readonly description: string
  readonly gate: Gate
  /** Field names that mean something else in this category. */
  readonly fields: ReadonlyMap<string, readonly string[]>
  /** Why no event of this category can arrive today; absent when they do. */
  readonly missing?: string
}

/** How the names rules are written with become the names of our events. Data, not code. */
export interface FieldMapping {
  readonly name: string
  /** Values of `logsource.product` the mapping is for. */
  readonly products: ReadonlySet<string>
  readonly fields: ReadonlyMap<string, readonly string[]>
  /** Whole families of names: what begins with the first begins with the second instead. */
  readonly prefixes: ReadonlyMap<string, string>
  /** Names that exist in Sigma but have no counterpart, each with the reason. */
  readonly absent: ReadonlyMap<string, string>
  /** Values other products use, by ECS field: value → values of ours that mean the same. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>
  readonly categories: ReadonlyMap<string, Category>
  /** What EQL's categories (`process where …`) mean here. */
  readonly eventCategories: ReadonlyMap<string, Category>
  /** Sigma services, by the category they are the same as. */
  readonly services: ReadonlyMap<string, string>
}

/** What a name of a rule stands for. */
export interface ResolvedField {
  /** Names to ask the event by; several mean any of them. */
  readonly fields: readonly string[]
  /** Why no event can carry it. */
  readonly missing?: string
}

/** Everything a category override can be looked up by. */
export interface FieldQuery {
  readonly name: string
  readonly category?: Category | undefined
}

/**
 * Looks a rule's field name up: category first, then the common table, then families of names.
 *
 * @returns The ECS names, or the name itself when the mapping does not mention it.
 */
export function resolveField(mapping: FieldMapping, query: FieldQuery): ResolvedField {
  const { name, category } = query
  const exact = category?.fields.get(name) ?? mapping.fields.get(name)
  if (exact !== undefined) return { fields: exact }
  const missing = mapping.absent.get(name)
  if (missing !== undefined) return { fields: [name], missing }
  for (const [from, to] of mapping.prefixes) {
    if (!name.startsWith(from)) continue
    const renamed = to + name.slice(from.length)
    return { fields: mapping.fields.get(renamed) ?? [renamed] }
  }
  return { fields: [name] }
}

/**
 * Looks a rule's field name up for events that carry Sigma's names: an ECS or Elastic name becomes
 * the first Sigma name that is mapped to it, any other name stays.
 */
export function resolveSigmaField(mapping: FieldMapping, query: FieldQuery): ResolvedField {
  const { name, category } = query
  if (isSigmaName(name) && (category?.fields.has(name) || mapping.fields.has(name))) {
    return { fields: [name] }
  }
  const targets = resolveField(mapping, query).fields
  const tables = category === undefined ? [mapping.fields] : [category.fields, mapping.fields]
  for (const table of tables) {
    for (const [written, fields] of table) {
      if (isSigmaName(written) && fields.some((field) => targets.includes(field))) {
        return { fields: [written] }
      }
    }
  }
  return { fields: [name] }
}

// Sigma's taxonomy writes names without dots; ECS and Elastic names always have one.
function isSigmaName(name: string): boolean {
  return !name.includes('.')
}

/** What a rule's *logsource* comes to under a mapping. */
export type LogSourceResult =
  | { readonly kind: 'category'; readonly category: Category }
  | { readonly kind: 'any' }
  | { readonly kind: 'other'; readonly reason: string; readonly unknown?: string }

/** Finds the category of a rule, or why the rule is for other events than ours. */
export function resolveLogSource(mapping: FieldMapping, logsource: LogSource): LogSourceResult {
  const { product, category, service } = logsource
  if (product !== undefined && !mapping.products.has(product.toLowerCase())) {
    return { kind: 'other', reason: `The rule is for another platform, "${product}".` }
  }
  const named = category ?? service
  if (named === undefined) return { kind: 'any' }
  const key = category ?? mapping.services.get(named) ?? named
  const found = mapping.categories.get(key)
  if (found === undefined) {
    const kind = category === undefined ? 'service' : 'category'
    const reason = `No sensor reports the ${kind} "${named}".`
    return { kind: 'other', reason, unknown: named }
  }
  return { kind: 'category', category: found }
}

/** The gate that lets every event through. */
export const GATE_OPEN: Gate = { events: [] }
