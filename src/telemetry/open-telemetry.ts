import type { HrTime, Meter, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'

export type OpenTelemetryApi = typeof import('@opentelemetry/api')

/** Where every copy of the API's major version 1 keeps what an SDK registered; absent until one did. */
const registered = Symbol.for('opentelemetry.js.api.1')
const scope = 'modelspine'

let api: OpenTelemetryApi | undefined
let loading: Promise<void> | undefined

/**
 * The API, once somebody registered an SDK: until then nothing is loaded and asking costs one look-up. The first
 * question after that begins to load it, so the first few requests may go untold; `openTelemetryLoaded` waits.
 */
export function openTelemetry(): OpenTelemetryApi | undefined {
  if (api !== undefined) return api
  if ((globalThis as Record<symbol, unknown>)[registered] !== undefined) void load()
  return undefined
}

/** Resolves once the API is there, if an SDK is registered; at once if none is. */
export async function openTelemetryLoaded(): Promise<void> {
  if (openTelemetry() === undefined) await loading
}

/** Where the package is missing there is nothing to tell, and it is not asked for again. */
function load(): Promise<void> {
  loading ??= import('@opentelemetry/api').then(
    (loaded) => {
      api = loaded
    },
    () => {},
  )
  return loading
}

/** Instruments of whichever meter provider is registered now; none while none is. A later SDK gets new ones. */
export class LateInstruments<Instruments> {
  readonly #build: (meter: Meter) => Instruments
  #provider: MeterProvider | undefined
  #instruments: Instruments | undefined

  constructor(build: (meter: Meter) => Instruments) {
    this.#build = build
    // Begins to load the API where an SDK is registered already, so that the first request is told.
    openTelemetry()
  }

  get(): Instruments | undefined {
    const loaded = openTelemetry()
    if (loaded === undefined) return undefined
    const provider = loaded.metrics.getMeterProvider()
    if (provider === this.#provider) return this.#instruments
    this.#provider = provider
    const meter = provider.getMeter(scope)
    this.#instruments = meter === loaded.createNoopMeter() ? undefined : this.#build(meter)
    return this.#instruments
  }
}

/** The tracer of whichever provider is registered now; none while none is. */
export class LateTracer {
  #provider: TracerProvider | undefined
  #none: TracerProvider | undefined
  #tracer: Tracer | undefined

  get(): Tracer | undefined {
    const loaded = openTelemetry()
    if (loaded === undefined) return undefined
    const registered = loaded.trace.getTracerProvider()
    const provider = registered instanceof loaded.ProxyTracerProvider ? registered.getDelegate() : registered
    if (provider === this.#provider) return this.#tracer
    this.#provider = provider
    this.#none ??= new loaded.ProxyTracerProvider().getDelegate()
    this.#tracer = provider === this.#none ? undefined : provider.getTracer(scope)
    return this.#tracer
  }
}

/** Seconds and nanoseconds: a plain number might be taken for time since the process began. */
export function spanTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000)
  return [seconds, Math.round((epochMs - seconds * 1000) * 1_000_000)]
}
