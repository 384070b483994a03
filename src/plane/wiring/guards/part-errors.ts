import { ModelspineError } from '../../../errors.ts'
import type { PlaneFault } from '../../health.ts'
import { partKinds } from './part-kinds.ts'

export interface PartErrorsOptions extends Pick<PlaneFault, 'part' | 'name'> {
  /** How many deployments may have calls under way. */
  readonly concurrency: number
}

/** A call, as messages show it. */
interface Call {
  readonly verb: string
}

/** What the plane itself says about a call of a part. */
export class PartErrors {
  /** The part as messages show it: `target "prod"`, `the store`. */
  readonly label: string
  readonly #options: PartErrorsOptions

  constructor(options: PartErrorsOptions) {
    const { title } = partKinds[options.part]
    this.label = options.name === undefined ? title : `${title} "${options.name}"`
    this.#options = options
  }

  /** With `sent` false, the call was not made, because the part answered none before. */
  silence({ verb, limitMs }: Call & { readonly limitMs: number }, sent = true): ModelspineError {
    return this.#error(`${this.label} gave no answer to ${verb} within ${timeOf(limitMs)}`, sent)
  }

  wrong(verb: string, problem: string): ModelspineError {
    return this.#error(`${this.label} gave a wrong answer to ${verb}: ${problem}`)
  }

  unshowable(verb: string): ModelspineError {
    return this.#error(`${this.label} answered ${verb} with an error that cannot be shown`)
  }

  aborted({ verb }: Call, cause: unknown): ModelspineError {
    return new ModelspineError('aborted', `${verb} of ${this.label} was aborted`, { cause })
  }

  stopped({ verb }: Call): ModelspineError {
    return new ModelspineError('stopped', `${verb} of ${this.label} ended with the plane`)
  }

  full(): ModelspineError {
    const { part, name, concurrency } = this.#options
    return new ModelspineError('overloaded', `${this.label} is busy with ${concurrency} other deployments`, {
      details: { part, name, full: true },
    })
  }

  #error(message: string, sent = true): ModelspineError {
    const { part, name } = this.#options
    return new ModelspineError(partKinds[part].unavailable, message, {
      details: { part, ...(name !== undefined && { name }), ...(!sent && { sent }) },
    })
  }
}

function timeOf(ms: number): string {
  return ms % 100 === 0 ? `${ms / 1000} s` : `${Math.round(ms)} ms`
}
