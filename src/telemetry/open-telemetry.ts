import type { HrTime, Meter, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api'

export type OpenTelemetryApi = typeof import('@opentelemetry/api')

/**
 * Under this key every copy of the API's major version 1 keeps the registrations of an SDK. The key is absent
 * until an SDK registers.
 */
const registered = Symbol.for('opentelemetry.js.api.1')
const scope = 'modelspine'

let api: OpenTelemetryApi | undefined
let loading: Promise<void> | undefined

/**
 * The API, as soon as an SDK is registered. Before that nothing is loaded, and a call of this function costs
 * one look-up. The first call after the registration starts to load the API. So the first few requests may
 * not be reported. `openTelemetryLoaded` waits until the API is loaded.
 */
export function openTelemetry(): OpenTelemetryApi | undefined {
  if (api !== undefined) return api
  if ((globalThis as Record<symbol, unknown>)[registered] !== undefined) void load()
  return undefined
}

/** Resolves when the API is loaded, if an SDK is registered. Resolves at once if no SDK is registered. */
export async function openTelemetryLoaded(): Promise<void> {
  if (openTelemetry() === undefined) await loading
}

/** If the package is missing, nothing is reported, and the import is not tried again. */
function load(): Promise<void> {
  loading ??= import('@opentelemetry/api').then(
    (loaded) => {
      api = loaded
    },
    () => {},
  )
  return loading
}

/**
 * The instruments of the meter provider that is registered now. There are none while no provider is
 * registered. When another SDK registers later, it gets new instruments.
 */
export class LateInstruments<Instruments> {
  readonly #build: (meter: Meter) => Instruments
  #provider: MeterProvider | undefined
  #instruments: Instruments | undefined

  constructor(build: (meter: Meter) => Instruments) {
    this.#build = build
    // If an SDK is registered already, this starts to load the API, so that the first request is reported.
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

/** The tracer of the provider that is registered now. Undefined while no provider is registered. */
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

/**
 * The time as seconds and nanoseconds, because a plain number could be read as time since the process began.
 */
export function spanTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000)
  return [seconds, Math.round((epochMs - seconds * 1000) * 1_000_000)]
}
