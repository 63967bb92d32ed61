import type { Body } from './body-fields.ts'
import { KERNEL_BODIES } from './kernel-bodies.ts'
import { SERVICE_BODIES } from './service-bodies.ts'

/** The bodies of all event types, with the field names of eslogger. */
export const BODIES: Readonly<Record<string, Body>> = { ...KERNEL_BODIES, ...SERVICE_BODIES }
