import { equal } from 'node:assert/strict'
import { test } from 'node:test'
import { createInstance } from 'i18next'
import en from '../../src/locales/en.json' with { type: 'json' }
import { reasonText } from '../../src/hosts/reasons.ts'

const i18n = createInstance()
const t = await i18n.init({ lng: 'en', resources: { en: { translation: en } } })

test('reason: a known one is told in words', () =>
  equal(reasonText(t, 'agent_killed'), 'the agent was killed or the Mac lost power'))

test('reason: one of a newer agent stays as it is', () =>
  equal(reasonText(t, 'dark_matter'), 'dark_matter'))
