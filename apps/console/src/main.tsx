import './strict-runtime.ts'
import '@mantine/core/styles.css'
import './theme/theme.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { startTranslation } from './locales/i18n.ts'

const root = document.querySelector('#root')
if (root === null) throw new Error('The page has no #root.')

await startTranslation()
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
