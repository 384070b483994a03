import { type ErrorCode, type ModelspineError, scrubStart } from 'modelspine/adapter'
import { withDetails } from '../shared/openai/openai-failure.ts'

/** Azure's words that mean more than the status says. */
const byWord: Readonly<Record<string, ErrorCode>> = {
  DeploymentNotFound: 'not-found',
  ResourceNotFound: 'not-found',
  OperationNotSupported: 'unsupported',
  ResponsibleAIPolicyViolation: 'content-filter',
  content_filter: 'content-filter',
  NoCapacity: 'overloaded',
  ServerBusy: 'overloaded',
  EngineOverloaded: 'overloaded',
  QuotaExceeded: 'quota',
}

type Members = Readonly<Record<string, unknown>>

/**
 * What an error of Azure means. A refusal of its content filter tells which filters: `details.filtered`, such as
 * `["jailbreak"]`.
 */
export function azureMeaning(error: ModelspineError, body: unknown): ModelspineError {
  const told = membersOf(membersOf(body).error)
  const inner = membersOf(told.innererror ?? told.inner_error)
  const code = byWord[String(told.code)] ?? byWord[String(inner.code)]
  const filtered = filtersIn(
    inner.content_filter_result ?? inner.content_filter_results ?? told.content_filter_result,
  )
  if (code === undefined && filtered.length === 0) return error
  const more = filtered.length === 0 ? {} : { filtered }
  return withDetails(error, more, code ?? 'content-filter')
}

/** The names of the filters that refused. Azure answers in the same form for those that let it pass. */
function filtersIn(results: unknown): readonly string[] {
  return Object.entries(membersOf(results))
    .filter(([, result]) => membersOf(result).filtered === true)
    .map(([name]) => scrubStart(name, 60))
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}
}
