export { AgentConfig, loadConfig } from './config.ts'
export type { Acknowledgement, Delivery, DeliveryLimits, SpoolReader } from './spool/reader.ts'
