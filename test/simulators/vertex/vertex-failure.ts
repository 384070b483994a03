export type Json = Record<string, unknown>

const statuses = {
  INVALID_ARGUMENT: [400, 3],
  FAILED_PRECONDITION: [400, 9],
  UNAUTHENTICATED: [401, 16],
  PERMISSION_DENIED: [403, 7],
  NOT_FOUND: [404, 5],
  ALREADY_EXISTS: [409, 6],
  ABORTED: [409, 10],
  RESOURCE_EXHAUSTED: [429, 8],
  INTERNAL: [500, 13],
  UNAVAILABLE: [503, 14],
} as const

export type StatusName = keyof typeof statuses

/** A `google.rpc.Status`, thrown by what answers a request. */
export class Failure extends Error {
  readonly status: StatusName
  readonly details: readonly object[]

  constructor(status: StatusName, message: string, details: readonly object[] = []) {
    super(message)
    this.status = status
    this.details = details
  }

  get http(): number {
    return statuses[this.status][0]
  }

  get number(): number {
    return statuses[this.status][1]
  }

  get body(): Json {
    const { http: code, message, status, details } = this
    return { error: { code, message, status, ...(details.length > 0 && { details }) } }
  }
}

export function notFound(name: string): Failure {
  return new Failure('NOT_FOUND', `The resource ${name} is not found.`)
}

export function invalid(message: string): Failure {
  return new Failure('INVALID_ARGUMENT', message)
}
