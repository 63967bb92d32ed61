export {
  type ImagePlan,
  packed,
  type SegmentPlan,
  textCommand,
  writeImage,
  writeUniversal,
} from './testing/mach-o-writer.ts'
export { mutated, seededNumbers } from './testing/mutation.ts'
