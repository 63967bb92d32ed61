import type { SessionInfo } from '@pomona/schema'
import { useQuery } from '@tanstack/react-query'
import { sessionQuery } from '../api/queries.ts'

/** The user who is signed in; only below the shell, which lets nobody else in. */
export function useSession(): SessionInfo['user'] {
  const session = useQuery(sessionQuery)
  // Between sign-out and the redirect there is nobody; pages still draw once.
  return session.data?.user ?? { id: '', name: '', role: '' }
}
