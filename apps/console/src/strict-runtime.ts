/**
 * Prepares libraries for the page's content security policy. Imported first: both settings must be
 * in place before the first schema is built and the first style written.
 */
import { config } from 'zod'

interface TrustedTypesFactory {
  createPolicy(name: string, rules: { createHTML(text: string): string | null }): unknown
}

declare global {
  interface Window {
    readonly trustedTypes?: TrustedTypesFactory
  }
}

// Compiling schemas with `new Function` is what the policy forbids; even the attempt is reported.
config({ jitless: true })

// Mantine writes its theme into a style element through innerHTML. Text without `<` cannot become
// an element, so the policy admits exactly that and refuses everything else.
window.trustedTypes?.createPolicy('default', {
  createHTML: (text) => (text.includes('<') ? null : text),
})
