import { channel } from 'node:diagnostics_channel'
import type { WireDispatcher, WireHandler, WireOptions } from './dispatcher.ts'

/** Where undici shows each request before it is sent, so that others add headers: OpenTelemetry's instrumentation does. */
const created = channel('undici:request:create')

/**
 * Dispatches so that the request has one `traceparent`. When the request brings its own, this takes away what listeners of
 * undici add: with two of them the server can read none.
 */
export function dispatchWithOneTrace(to: WireDispatcher, wire: WireOptions, handler: WireHandler): void {
  if (wire.headers.traceparent === undefined || !created.hasSubscribers) {
    to.dispatch(wire, handler)
    return
  }
  const keepOurs = (message: unknown): void => {
    const { request } = message as { readonly request: { headers: unknown[] } }
    request.headers = withoutOthers(request.headers, wire.headers)
  }
  // The last to subscribe is the last to be called.
  created.subscribe(keepOurs)
  try {
    to.dispatch(wire, handler)
  } finally {
    created.unsubscribe(keepOurs)
  }
}

/** `headers` has names and values in turns, ours before those that were added. */
function withoutOthers(headers: readonly unknown[], ours: WireOptions['headers']): unknown[] {
  const left = new Set(['traceparent', ...(ours.tracestate === undefined ? [] : ['tracestate'])])
  const kept: unknown[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = String(headers[at]).toLowerCase()
    const isTrace = name === 'traceparent' || name === 'tracestate'
    if (!isTrace || left.delete(name)) kept.push(headers[at], headers[at + 1])
  }
  return kept
}
