import { assertNever, type Expression, fieldsOf, type Filter } from '@pomona/rules'

/** What a filter asks for beside its gate. */
export interface Asked {
  readonly fields: ReadonlySet<string>
  /** Filters that events of earlier processes have to hold for. */
  readonly subjects: readonly Filter[]
}

/** Collects what a filter asks for; of subjects only that they are asked for. */
export function askedBy({ expression }: Filter): Asked {
  const fields = new Set<string>()
  const subjects: Filter[] = []
  collect(expression, { fields, subjects })
  return { fields, subjects }
}

function collect(
  expression: Expression,
  into: { readonly fields: Set<string>; readonly subjects: Filter[] },
): void {
  switch (expression.kind) {
    case 'constant':
    case 'keyword':
      return
    case 'and':
    case 'or':
      for (const operand of expression.operands) collect(operand, into)
      return
    case 'not':
      collect(expression.operand, into)
      return
    case 'test': {
      const { field, test } = expression.predicate
      into.fields.add(field)
      if (test.kind === 'field') into.fields.add(test.other)
      return
    }
    case 'formula':
      for (const { fields } of fieldsOf(expression.formula)) {
        for (const field of fields) into.fields.add(field)
      }
      return
    case 'lineage':
      into.subjects.push(expression.subject)
      return
    default:
      assertNever(expression)
  }
}
