export { SettingsError, type SettingsErrorCode } from './errors.ts'
export {
  readSettings,
  type Settings,
  type SettingsSources,
  settingsProperties,
} from './settings.ts'
