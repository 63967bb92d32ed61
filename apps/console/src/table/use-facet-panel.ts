import { useState } from 'react'
import { readSetting, writeSetting } from '../shell/settings.ts'

/** Whether the side panel with the filters is open; remembered over all lists. */
export function useFacetPanel() {
  const [shown, setShown] = useState(() => readSetting('facets') !== 'hidden')
  const flip = () => {
    writeSetting('facets', shown ? 'hidden' : 'shown')
    setShown(!shown)
  }
  return { shown, flip }
}
