import { changeLanguage, use as register } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { readSetting, writeSetting } from '../shell/settings.ts'
import en from './en.json' with { type: 'json' }
import zhCN from './zh-CN.json' with { type: 'json' }

/** Languages with a catalogue, each under its own name. */
export const LANGUAGES = [
  { code: 'en', name: 'English' },
  { code: 'zh-CN', name: '简体中文' },
] as const
/** Code of a language the console speaks. */
export type Language = (typeof LANGUAGES)[number]['code']

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}

/** The stored choice, or the browser's first language that we speak. */
function preferred(): Language {
  const wishes = [readSetting('language'), ...navigator.languages]
  for (const wish of wishes) {
    if (wish === undefined) continue
    if (/^zh\b/i.test(wish)) return 'zh-CN'
    if (/^en\b/i.test(wish)) return 'en'
  }
  return 'en'
}

function mark(language: string): void {
  document.documentElement.lang = language
}

/** Loads both catalogues: they are small, and switching must not wait for the network. */
export async function startTranslation(): Promise<void> {
  const language = preferred()
  await register(initReactI18next).init({
    resources: { en: { translation: en }, 'zh-CN': { translation: zhCN } },
    lng: language,
    fallbackLng: 'en',
    // React escapes; a second time would show entities.
    interpolation: { escapeValue: false },
    returnNull: false,
  })
  mark(language)
}

/** Switches the language and remembers it. */
export async function setLanguage(language: Language): Promise<void> {
  writeSetting('language', language)
  await changeLanguage(language)
  mark(language)
}
