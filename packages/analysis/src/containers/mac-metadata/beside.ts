import { AnalysisError } from '../../errors.ts'
import { baseName, parentOf } from '../paths.ts'
import { isAppleDouble, readAppleDouble } from './apple-double.ts'

/** The path a `._` file speaks of: in `__MACOSX` as Archive Utility writes it, or beside it. */
export function describedPath(path: string): string | undefined {
  const name = baseName(path)
  if (!name.startsWith('._')) return undefined
  const folder = parentOf(path).replace(/^__MACOSX\/?/, '')
  return folder === '' ? name.slice(2) : `${folder}/${name.slice(2)}`
}

/** The attributes of a `._` file; none when it is another kind of file or damaged. */
export function attributesBeside(
  path: string,
  bytes: Uint8Array,
): ReadonlyMap<string, Uint8Array> | undefined {
  if (describedPath(path) === undefined || !isAppleDouble(bytes)) return undefined
  try {
    return readAppleDouble(bytes).attributes
  } catch (error) {
    if (error instanceof AnalysisError) return undefined
    throw error
  }
}
