import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type Clock,
  type ControlObserver,
  ModelspineError,
  type RequestObserver,
  systemClock,
} from 'modelspine/adapter'
import { controlFamilies } from './control-families.ts'
import { requestFamilies } from './request-families.ts'
import { headText, lineText, textType } from './text-format.ts'

export interface PrometheusExpositionOptions {
  /**
   * The most label sets of one metric. When there are more, those in which nothing was counted for longest are
   * forgotten, and begin again at zero when they come back. Default 2,000.
   */
  readonly maxSeries?: number
  /**
   * How long a label set is shown in which nothing is counted, in milliseconds. So revisions that are gone do
   * not stay for ever. Default 24 hours.
   */
  readonly keepMs?: number
  /**
   * Whether the metrics of cost name the actor. Default false, because an app with many users would have as many label
   * sets, of which `maxSeries` are kept.
   */
  readonly actors?: boolean
  readonly clock?: Clock
}

/**
 * Counts what a router and a plane do, for Prometheus to read. Give it to `observers` of the plane or of the
 * router, and put one of its handlers on a path such as `/metrics`.
 */
export interface PrometheusExposition extends RequestObserver, Required<ControlObserver> {
  /** All metrics now, in Prometheus' text format 0.0.4. */
  text(): string
  /** Answers GET and HEAD, wherever fetch is spoken, such as in `handlers` of a gateway. */
  readonly fetch: (request: Request) => Response
  /** Answers GET and HEAD in node:http. */
  readonly node: (request: IncomingMessage, response: ServerResponse) => void
  /** How many label sets there are. */
  readonly series: number
  /** How many label sets were forgotten because there were more than `maxSeries`. */
  readonly forgotten: number
}

const forgottenName = 'modelspine_exposition_forgotten_series_total'

/** Counts from now on, in memory with a bound. Throws `invalid-options`. */
export function prometheusExposition(options: PrometheusExpositionOptions = {}): PrometheusExposition {
  const { maxSeries = 2000, keepMs = 86_400_000, actors = false, clock = systemClock } = options
  for (const [name, value] of Object.entries({ maxSeries, keepMs })) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new ModelspineError('invalid-options', `${name} is ${value}: give a whole number above 0`)
  }
  const bound = { maxSeries, keepMs }
  const { families: ofRequests, ...requests } = requestFamilies(bound, actors)
  const { families: ofControl, ...control } = controlFamilies(bound, () => clock.now())
  const families = [...ofRequests, ...ofControl]
  const total = (of: 'series' | 'forgotten'): number => families.reduce((sum, family) => sum + family[of], 0)

  const text = (): string => {
    const nowMs = clock.now()
    const help = 'Label sets that were forgotten because one metric had too many.'
    return (
      families.map((family) => family.text(nowMs)).join('') +
      headText(forgottenName, 'counter', help) +
      lineText(forgottenName, '', total('forgotten'))
    )
  }
  const answerTo = (method: string | undefined): Answer =>
    method === 'GET' || method === 'HEAD'
      ? { status: 200, headers: { 'content-type': textType }, body: text() }
      : { status: 405, headers: { allow: 'GET, HEAD' }, body: '' }

  return {
    ...requests,
    ...control,
    text,
    fetch({ method }) {
      const { status, headers, body } = answerTo(method)
      return new Response(method === 'HEAD' ? null : body, { status, headers })
    },
    node({ method }, response) {
      const { status, headers, body } = answerTo(method)
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
      response.end(method === 'HEAD' ? undefined : body)
    },
    get series() {
      return total('series')
    },
    get forgotten() {
      return total('forgotten')
    },
  }
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}
