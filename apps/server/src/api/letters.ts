import type { ApiParts } from './parts.ts'
import type { Handlers } from './routes.ts'

type LetterHandlers = Pick<Handlers, 'deadLetterList' | 'deadLetterReplay' | 'deadLetterDiscard'>

/** Records that could not be used, and what people do with them. */
export function letterHandlers({
  records,
  letters,
}: Pick<ApiParts, 'records' | 'letters'>): LetterHandlers {
  return {
    deadLetterList: ({ query }) => records.letters.page(query),
    deadLetterReplay: async ({ body, user }) => await letters.replay(body.ids, user.name),
    deadLetterDiscard: async ({ body, user }) => {
      return { discarded: await letters.discard(body.ids, user.name) }
    },
  }
}
