import type { Logger } from './logger.ts'

/**
 * What a logger of OpenTelemetry's API for logs can do: `logs.getLogger('modelspine')` of
 * `@opentelemetry/api-logs`.
 */
export interface LogEmitter {
  emit(record: {
    readonly severityNumber: number
    readonly severityText: string
    readonly body: string
    readonly attributes: Record<string, LogValue>
  }): void
}

export type LogValue = string | number | boolean | null | LogValue[] | { [name: string]: LogValue }

/** Severity numbers of OpenTelemetry's data model for logs. */
const severities = { debug: 5, info: 9, warn: 13, error: 17 } as const

/** A logger that emits log records of OpenTelemetry. */
export function openTelemetryLogger(emitter: LogEmitter): Logger {
  const at =
    (level: keyof typeof severities): Logger[typeof level] =>
    (fields, message) =>
      emitter.emit({
        severityNumber: severities[level],
        severityText: level.toUpperCase(),
        body: message,
        attributes: valuesOf(fields),
      })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Only what JSON can tell, so that a `Secret` prints as everywhere. */
function valuesOf(fields: Readonly<Record<string, unknown>>): Record<string, LogValue> {
  return JSON.parse(JSON.stringify(fields)) as Record<string, LogValue>
}
