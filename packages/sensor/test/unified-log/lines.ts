/** A line as `log stream --style ndjson` prints it; the keys are those of a recording. */
export function logLine(fields: {
  readonly process: string
  readonly message: string | null
  readonly pid?: number
  readonly subsystem?: string
  readonly timestamp?: string
}): string {
  return JSON.stringify({
    timezoneName: '',
    messageType: 'Default',
    eventType: 'logEvent',
    source: null,
    formatString: '%{public}s',
    userID: 0,
    activityIdentifier: 0,
    subsystem: fields.subsystem ?? '',
    category: '',
    threadID: 1_234,
    senderImagePath: fields.process,
    processID: fields.pid ?? 427,
    processImagePath: fields.process,
    traceID: 5_678,
    timestamp: fields.timestamp ?? '2026-09-22 11:12:25.248383+0200',
    eventMessage: fields.message,
  })
}

/** What stands around the records of a stream. */
export const BANNER = 'Filtering the log data using "process == \\"sudo\\""'
export const TRAILER = '{"count":3,"finished":1}'

export const TCCD = '/System/Library/PrivateFrameworks/TCC.framework/Support/tccd'
